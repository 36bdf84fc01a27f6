// The filter of the live view: its form, the totals on it, and the address bar in which it lives.

import { EVENT_TYPES, streamAddress } from "../directory-events.js";
import { make, one } from "./dom.js";
import { icon } from "./icons.js";

const items = (text) => text.split(",").map((item) => item.trim()).filter(Boolean);

export class FilterForm {
  #form = one("#filter");
  #chips = new Map();
  #totals = new Map();
  #onChange;
  /** The unknown types in the address: the gateway refuses them with a reason. */
  #unknownTypes = [];

  /** @param {() => void} onChange  called when the filter may have changed */
  constructor(onChange) {
    this.#onChange = onChange;
    for (const type of EVENT_TYPES) this.#addChip(type);
    this.#form.addEventListener("submit", (submission) => {
      submission.preventDefault();
      this.#apply();
    });
    one("#reset").addEventListener("click", () => {
      for (const kind of ["labels", "cids"]) this.#form.elements[kind].value = "";
      for (const chip of this.#chips.values()) chip.setAttribute("aria-pressed", "false");
      this.#unknownTypes = [];
      this.#apply();
    });
    addEventListener("popstate", () => {
      this.#readAddress();
      this.#onChange();
    });
    this.#readAddress();
  }

  /** The filter in the form. */
  get filter() {
    const types = EVENT_TYPES.filter((type) => this.#chips.get(type).getAttribute("aria-pressed") === "true");
    return {
      types: [...types, ...this.#unknownTypes],
      labels: items(this.#form.elements.labels.value), cids: items(this.#form.elements.cids.value),
    };
  }

  /** Counts an event on the button of its type. */
  count(type) { this.#totals.get(type).count += 1; }

  /** Writes the totals. */
  showTotals() {
    for (const { count, number } of this.#totals.values()) {
      const words = count.toLocaleString();
      if (number.textContent !== words) number.textContent = words;
    }
  }

  #addChip(type) {
    const number = make("span", { class: "number" }, "0");
    const chip = make("button", {
      type: "button", class: "chip", "aria-pressed": "false",
      onclick: () => {
        chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
        this.#unknownTypes = [];
        this.#apply();
      },
    }, icon(type), type, number);
    chip.style.setProperty("--own", `var(--${type})`);
    this.#chips.set(type, chip);
    this.#totals.set(type, { count: 0, number });
    one("#types").append(chip);
  }

  // So a link can be shared, and the back button works.
  #apply() {
    const address = streamAddress(this.filter);
    const start = address.indexOf("?");
    const target = (start < 0 ? location.pathname : address.slice(start)) + location.hash;
    if (target !== location.search + location.hash && target !== location.pathname + location.search + location.hash) {
      history.pushState(null, "", target);
    }
    this.#onChange();
  }

  #readAddress() {
    // URLSearchParams would decode a plus sign as a space.
    const given = new URLSearchParams(location.search.replaceAll("+", "%2B"));
    const list = (kind) => items(given.getAll(kind).join(","));
    const types = list("types").map((type) => type.replace(/^EVENT_TYPE_/, ""));
    for (const [type, chip] of this.#chips) chip.setAttribute("aria-pressed", String(types.includes(type)));
    this.#unknownTypes = types.filter((type) => !this.#chips.has(type));
    for (const kind of ["labels", "cids"]) this.#form.elements[kind].value = list(kind).join(", ");
  }
}

/** Returns whether an event matches a filter, like the gateway. */
export function passes({ types, labels, cids }, event) {
  const has = (list, condition) => !list.length || list.some(condition);
  return has(types, (type) => type === event.type) && has(cids, (cid) => cid === event.resourceId)
    && has(labels, (part) => event.labels.some((label) => label.includes(part)));
}

/** Returns the description of a filter. */
export function filterText(filter) {
  const kinds = Object.entries(filter).filter(([, list]) => list.length)
    .map(([kind, list]) => `${kind} ${list.join(", ")}`);
  return kinds.join("; ") || "all events";
}
