// How a row of the live view looks: an event, or a mark between events.

import { isOfRecord, typeWords } from "../gateway/event-types.js";
import { recordNames } from "../gateway/names.js";
import { typeLabel } from "../gateway/type-label.js";
import { clock, timeElement } from "../page/clock.js";
import { make } from "../page/dom.js";
import { icon } from "../page/icons.js";
import { shortened } from "../page/text.js";

const ICONS = { FILTER: "filter", DISCONNECTED: "away", LOST: "LOST", BEFORE: "clock" };

/**
 * @param {object} row
 * @param {(row: object) => void} onOpen
 * @param {boolean} isOpen  whether the drawer shows this event
 */
export const drawRow = (row, onOpen, isOpen) => (row.mark ? drawMark(row) : drawEvent(row, onOpen, isOpen));

function drawMark({ mark, text, time }) {
  return make("div", { class: "row mark", role: "listitem", "data-type": mark },
    timeElement(time, "day"), icon(ICONS[mark]), make("span", { class: "details", title: text }, text));
}

function drawEvent(event, onOpen, isOpen) {
  const [title, ...more] = subject(event);
  // The button covers the row: a click anywhere opens it.
  const open = make("button", {
    type: "button", class: "open", tabindex: "-1", "aria-expanded": String(isOpen), onclick: () => onOpen(event),
  }, ...title);
  // By the keyboard the button is read without the rest of the row.
  open.title = open.textContent;
  open.setAttribute("aria-label", `${open.textContent}, ${typeWords(event.type)}, ${clock(event.time)}`);
  // Each item is isolated, so that right-to-left text does not reorder the others.
  const chips = event.labels.map((label) => make("bdi", { class: "tag" }, label));
  const facts = Object.entries(event.metadata).map(([key, value]) => make("bdi", { class: "fact" }, `${key}: ${value}`));
  return make("div", { class: isOpen ? "row opened" : "row", role: "listitem", "data-type": event.type },
    timeElement(event.time, "day"), typeLabel(event.type), open, make("span", { class: "id mono" }, more[0] ?? ""),
    make("span", { class: "details" }, ...chips, ...facts));
}

/**
 * Returns the elements of a name and its version. Names begin with a host and a team, which are the first
 * to give way where there is little room.
 */
function nameParts({ name, version }) {
  const end = name.lastIndexOf("/") + 1;
  return [
    end ? make("bdi", { class: "prefix" }, name.slice(0, end)) : undefined,
    make("bdi", { class: "name" }, name.slice(end)), make("bdi", { class: "version" }, ` ${version}`),
  ];
}

/** Returns what an event is about, as people know it, and its id. */
function subject(event) {
  const short = shortened(event.resourceId);
  const named = (cid) => {
    const known = recordNames.get(cid);
    if (!known) recordNames.want(cid);
    return known && nameParts(known);
  };
  if (isOfRecord(event.type)) {
    const name = named(event.resourceId);
    return name ? [name, short] : [[make("span", { class: "mono" }, short)]];
  }
  const { remote_url: remote, record_cid: cid } = event.metadata;
  if (remote) return [[make("bdi", {}, remote)], short];
  const name = cid && named(cid);
  return name ? [name, short] : [[make("span", { class: "mono" }, short)]];
}
