// The form of the filter, in the menu of the live view.

import { EVENT_TYPES } from "../../directory-events.js";
import { typeWords } from "../gateway/event-types.js";
import { typeLabel } from "../gateway/type-label.js";
import { make, one, write } from "../page/dom.js";
import { closeMenu } from "../page/menus.js";
import { emptyFilter, items } from "./filter.js";

const FIELDS = ["labels", "cids", "not_labels", "not_cids"];

export class FilterForm {
  #form = one("#filter");
  #onChange;
  /** The buttons and the total of each type. */
  #rows = new Map();
  /** The unknown types in the address: the gateway refuses them with a reason. */
  #unknownTypes = [];

  /** @param {(filter: import("./filter.js").LiveFilter) => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
    for (const type of EVENT_TYPES) this.#addType(type);
    this.#form.addEventListener("submit", (submission) => {
      submission.preventDefault();
      onChange(this.#filter);
      closeMenu();
    });
    one("#reset").addEventListener("click", () => {
      onChange(emptyFilter());
      closeMenu();
    });
  }

  /** Shows a filter in the form. */
  show(filter) {
    for (const [type, { only, not }] of this.#rows) {
      only.setAttribute("aria-pressed", String(filter.types.includes(type)));
      not.setAttribute("aria-pressed", String(filter.not_types.includes(type)));
    }
    this.#unknownTypes = filter.types.filter((type) => !this.#rows.has(type));
    for (const kind of FIELDS) this.#form.elements[kind].value = filter[kind].join(", ");
  }

  /** Counts an event on the row of its type. */
  count(type) { this.#rows.get(type).count += 1; }

  /** Writes the totals. */
  showTotals() { for (const { count, number } of this.#rows.values()) write(number, count.toLocaleString()); }

  get #filter() {
    const pressed = (way) => EVENT_TYPES.filter((type) => this.#rows.get(type)[way].getAttribute("aria-pressed") === "true");
    const fields = FIELDS.map((kind) => [kind, items(this.#form.elements[kind].value)]);
    return { ...Object.fromEntries(fields), types: [...pressed("only"), ...this.#unknownTypes], not_types: pressed("not") };
  }

  #addType(type) {
    const number = make("span", { class: "number" }, "0");
    const button = (way, words) => make("button", {
      type: "button", class: way, "aria-pressed": "false", "aria-label": `${words} ${typeWords(type)}`,
      onclick: ({ currentTarget }) => this.#press(type, way, currentTarget),
    }, words);
    const row = { count: 0, number, only: button("only", "only"), not: button("not", "not") };
    this.#rows.set(type, row);
    one("#types").append(make("div", { class: "type-row", "data-type": type },
      typeLabel(type), number, row.only, row.not));
  }

  #press(type, way, button) {
    const isPressed = button.getAttribute("aria-pressed") === "true";
    const row = this.#rows.get(type);
    for (const other of [row.only, row.not]) other.setAttribute("aria-pressed", "false");
    row[way].setAttribute("aria-pressed", String(!isPressed));
    this.#unknownTypes = [];
    this.#onChange(this.#filter);
  }
}
