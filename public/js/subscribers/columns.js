// The columns of the subscribers: how each is shown, and by what it is sorted.

import { timeElement } from "../page/clock.js";
import { make } from "../page/dom.js";
import { counted, rate } from "../page/text.js";

const filterWords = (filter) =>
  Object.entries(filter).map(([kind, items]) => `${kind}: ${items.join(", ")}`).join("; ") || "everything";

/** The program behind a subscriber, as far as it says. */
const client = ({ user_agent: agent, subject }) => [subject, agent && program(agent)].filter(Boolean).join(", ");

/** Returns the name of a browser, or the first product of a User-Agent. */
function program(agent) {
  const browser = [["Edg/", "Edge"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]]
    .find(([part]) => agent.startsWith("Mozilla/") && agent.includes(part));
  return browser ? browser[1] : agent.split(" ")[0];
}

/**
 * @typedef {object} Column
 * @property {string} name
 * @property {(subscriber: object) => any} value  by which it is sorted
 * @property {(subscriber: object) => any} show   what is in the cell
 * @property {boolean} [isNumber]
 * @property {(all: object[]) => boolean} [isWanted]  else it is left out
 */

/** @type {Column[]} */
export const COLUMNS = [
  {
    name: "Client", value: client, isWanted: (all) => all.some(client),
    show: (each) => make("span", { title: each.user_agent ?? "" }, client(each) || "–"),
  },
  { name: "Address", value: ({ address }) => address, show: ({ address }) => address },
  {
    name: "Age", value: ({ since }) => -new Date(since), isNumber: true,
    show: ({ since }) => timeElement(new Date(since), "relative"),
  },
  { name: "Filter", value: ({ filter }) => filterWords(filter), show: ({ filter }) => make("bdi", {}, filterWords(filter)) },
  {
    name: "Rate", value: (each) => each.rate ?? 0, isNumber: true,
    show: (each) => (each.rate === undefined ? "…" : `${rate(each.rate)}/s`),
  },
  {
    name: "Delivered", value: ({ delivered }) => delivered, isNumber: true,
    show: ({ delivered }) => delivered.toLocaleString(),
  },
  { name: "Lag", value: ({ lag, queued }) => [lag, queued], show: lagBar, isNumber: true },
  { name: "Dropped", value: ({ dropped }) => dropped, show: dropped, isNumber: true },
];

function lagBar({ lag, queued, address }) {
  const words = `Lag of ${address}: ${counted(queued, "event")} queued`;
  const bar = make("meter", { min: "0", max: "1", high: "0.5", optimum: "0", "aria-label": words });
  bar.value = lag;
  return make("span", { class: "lag" }, bar, make("span", { class: "number" }, queued.toLocaleString()));
}

function dropped({ dropped: number, isSlow }) {
  return make("span", {}, isSlow && make("span", { class: "badge slow" }, "slow"),
    make("span", { class: number ? "bad number" : "number" }, ` ${number.toLocaleString()}`));
}

/** Compares two values of a column. */
export function compare(a, b) {
  if (Array.isArray(a)) return a.map((part, index) => compare(part, b[index])).find(Boolean) ?? 0;
  return typeof a === "string" ? a.localeCompare(b) : a - b;
}
