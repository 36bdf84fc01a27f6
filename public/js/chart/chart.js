// Events per second by type over the last minutes, with a legend, values under the pointer, and a
// selection of time.

import { EVENT_TYPES } from "../../directory-events.js";
import { typeWords } from "../gateway/event-types.js";
import { clock } from "../page/clock.js";
import { make, write } from "../page/dom.js";
import { counted, rate } from "../page/text.js";
import { Brush } from "./brush.js";
import { total } from "./event-bins.js";
import { paint } from "./paint.js";
import { Scale } from "./scale.js";

const PARTS = 150;
const WINDOWS = [["5 minutes", 300], ["30 minutes", 1800], ["2 hours", 7200]];

export class Chart {
  #figure;
  #bins;
  #canvas = make("canvas", { "aria-hidden": "true" });
  #summary = make("span", { class: "summary" });
  #legend = make("span", { class: "legend", role: "list", "aria-label": "Types in the chart" });
  #note = make("div", { class: "note", hidden: true });
  #window = 300;
  #brush;
  #isDirty = true;
  #legendKey;
  /** The counts by type of each part that is shown, and the time of the first. */
  #shown = { parts: [], from: 0, width: 2 };

  /**
   * @param {HTMLElement} figure
   * @param {import("./event-bins.js").EventBins} bins
   * @param {(selected?: {from: number, until: number}) => void} [onSelect]  seconds; undefined: everything
   */
  constructor(figure, bins, onSelect) {
    [this.#figure, this.#bins] = [figure, bins];
    const keys = `arrow keys read the values${onSelect ? ", with shift they select a time" : ""}`;
    const plot = make("div", {
      class: "plot", tabindex: "0", role: "group", "aria-label": `${figure.getAttribute("aria-label")}: ${keys}`,
    }, this.#canvas, this.#note, make("span", { class: "hidden", role: "status" }));
    const chooser = make("select", {
      "aria-label": "Time that the chart shows", onchange: () => {
        this.#window = Number(chooser.value);
        this.update();
      },
    }, ...WINDOWS.map(([words, seconds]) => new Option(words, seconds)));
    figure.append(plot, make("figcaption", {}, this.#summary, this.#legend, chooser));
    this.#brush = new Brush(plot, this, onSelect);
    setInterval(() => this.update(), 1000);
    new ResizeObserver(() => this.update()).observe(plot);
    for (const change of ["themechange", "zonechange"]) addEventListener(change, () => this.update());
    const frame = () => {
      if (this.#isDirty && this.#canvas.clientWidth && !document.hidden) this.#draw();
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  /** Draws again, in the next frame. */
  update() { this.#isDirty = true; }

  /** Ends the selection. */
  clearSelection() { this.#brush.clear(); }

  /** The scale of what is drawn. */
  scale;

  get partCount() { return PARTS; }

  /** Returns the part at a place of the canvas. */
  partAt(x) {
    const { from, width } = this.#shown;
    return Math.min(PARTS - 1, Math.max(0, Math.floor((this.scale.second(x) - from) / width)));
  }

  /** Returns the time of a part. */
  timeOf(part) {
    const { from, width } = this.#shown;
    return { from: from + part * width, until: from + (part + 1) * width };
  }

  /** Shows the values of a part beside it; nothing for no part. */
  showNote(part) {
    this.#note.hidden = part === undefined;
    if (part === undefined) return "";
    const { from, until } = this.timeOf(part);
    const counts = this.#shown.parts[part] ?? {};
    const sum = total(counts);
    const types = EVENT_TYPES.filter((type) => counts[type]);
    this.#note.replaceChildren(
      make("strong", {}, `${clock(new Date(from * 1000))} – ${clock(new Date(until * 1000))}`),
      ...types.map((type) => make("span", {}, swatch(type), `${typeWords(type)}: ${counts[type].toLocaleString()}`)),
      make("span", {}, types.length ? `${counted(sum, "event")}, ${rate(sum / (until - from))}/s` : "no events"));
    const x = this.scale.x((from + until) / 2);
    this.#note.classList.toggle("before", x > this.scale.width / 2);
    this.#note.style.setProperty("--x", `${x}px`);
    return [...this.#note.children].map((child) => child.textContent).join(", ");
  }

  #draw() {
    this.#isDirty = false;
    const width = this.#window / PARTS;
    // Whole parts, so that a part keeps its events while it moves.
    const until = (Math.floor(this.#bins.now / 1000 / width) + 1) * width;
    const from = until - this.#window;
    const parts = this.#bins.parts(from, width, PARTS);
    this.#shown = { parts, from, width };
    const most = Math.max(0, ...parts.map(total)) / width;
    const size = { width: this.#canvas.clientWidth, height: this.#canvas.clientHeight };
    this.scale = new Scale(size, { from, until }, most);
    const { selected, cursor } = this.#brush;
    paint(this.#canvas, this.scale, { parts, width, selected, cursor });
    if (cursor !== undefined) this.showNote(cursor);
    this.#describe(parts, width, most);
  }

  #describe(parts, width, most) {
    // The last part is not over yet.
    const now = total(parts.at(-2)) / width;
    write(this.#summary, `${rate(now)}/s now, ${rate(most)}/s at most`);
    const counts = {};
    for (const part of parts) for (const [type, number] of Object.entries(part)) counts[type] = (counts[type] ?? 0) + number;
    const types = EVENT_TYPES.filter((type) => counts[type]);
    const key = types.map((type) => `${type}${counts[type]}`).join();
    if (key === this.#legendKey) return;
    this.#legendKey = key;
    this.#legend.hidden = types.length === 0;
    this.#legend.replaceChildren(...types.map((type) => make("span", { role: "listitem" }, swatch(type),
      `${typeWords(type)} `, make("span", { class: "number" }, counts[type].toLocaleString()))));
  }
}

/** A patch in the color of a type. */
export function swatch(type) {
  const patch = make("span", { class: "swatch", "aria-hidden": "true" });
  patch.style.background = `var(--${type})`;
  return patch;
}
