// The text of the record, with numbered lines, of which the faulty ones are marked.

import { make, one } from "../page/dom.js";

/** Beyond this, a text is neither numbered nor checked while it is written. */
const MOST_LINES = 5000;

export class Editor {
  #area = one("#push-text");
  #gutter = one("#push-lines");
  #faulty = new Set();
  #count = 0;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#area.addEventListener("input", () => {
      this.mark([]);
      onChange();
    });
    this.#area.addEventListener("scroll", () => { this.#gutter.scrollTop = this.#area.scrollTop; }, { passive: true });
    // The tab key leaves the field, as everywhere: it does not indent.
    this.#draw();
  }

  get text() { return this.#area.value; }

  set text(text) {
    this.#area.value = text;
    this.#area.scrollTop = 0;
    this.mark([]);
  }

  focus() { this.#area.focus(); }

  /** Marks lines as faulty. */
  mark(lines) {
    this.#faulty = new Set(lines);
    if (lines.length) this.#area.setAttribute("aria-invalid", "true");
    else this.#area.removeAttribute("aria-invalid");
    this.#draw();
  }

  /** Selects a part of the text, and scrolls to it. */
  select({ start, end, line }) {
    this.#area.focus();
    this.#area.setSelectionRange(start, end);
    // Selecting does not scroll in every browser.
    const height = this.#area.scrollHeight / Math.max(1, this.text.split("\n").length);
    this.#area.scrollTop = Math.max(0, (line - 4) * height);
    this.#area.scrollLeft = 0;
  }

  #draw() {
    const count = Math.min(this.text.split("\n").length, MOST_LINES);
    if (count === this.#count && !this.#faulty.size && !this.#gutter.querySelector(".faulty")) return;
    this.#count = count;
    this.#gutter.replaceChildren(...Array.from({ length: count }, (_, index) =>
      make("span", { class: this.#faulty.has(index + 1) ? "faulty" : undefined }, String(index + 1))));
    this.#gutter.scrollTop = this.#area.scrollTop;
  }
}
