// Pointing at a chart, and selecting a time in it: with the mouse, a finger, or the arrow keys.

/** A shorter way of the pointer is a click. */
const SMALLEST = 4;

export class Brush {
  #plot;
  #chart;
  #onSelect;
  #start;
  /** The time at which a selection with the keys began. */
  #anchor;
  /** The selected time, seconds. */
  selected;
  /** The part that is pointed at. */
  cursor;

  constructor(plot, chart, onSelect) {
    [this.#plot, this.#chart, this.#onSelect] = [plot, chart, onSelect];
    plot.addEventListener("pointermove", (event) => this.#move(event));
    plot.addEventListener("pointerleave", () => { if (this.#start === undefined) this.#point(undefined); });
    plot.addEventListener("blur", () => this.#point(undefined));
    plot.addEventListener("keydown", (event) => this.#key(event));
    if (!onSelect) return;
    plot.classList.add("selects");
    plot.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      plot.setPointerCapture(event.pointerId);
      this.#start = this.#place(event);
      this.#move(event);
    });
    plot.addEventListener("pointerup", (event) => this.#end(event));
    plot.addEventListener("pointercancel", () => { this.#start = undefined; });
  }

  /** Ends the selection. */
  clear() {
    if (!this.selected) return;
    this.selected = undefined;
    this.#chart.update();
    this.#onSelect?.(undefined);
  }

  #place(event) { return event.clientX - this.#plot.getBoundingClientRect().left; }

  #point(part) {
    this.cursor = part;
    this.#chart.showNote(part);
    this.#chart.update();
  }

  #move(event) {
    if (!this.#chart.scale) return;
    const x = this.#place(event);
    if (this.#start !== undefined && Math.abs(x - this.#start) >= SMALLEST) this.selected = this.#between(this.#start, x);
    this.#point(this.#chart.partAt(x));
  }

  #end(event) {
    const [start, x] = [this.#start, this.#place(event)];
    this.#start = undefined;
    if (start === undefined || !this.#chart.scale) return;
    if (Math.abs(x - start) < SMALLEST) return this.#click(this.#chart.timeOf(this.#chart.partAt(x)));
    if (event.pointerType !== "mouse") this.#point(undefined);
    this.selected = this.#between(start, x);
    this.#onSelect(this.selected);
  }

  // Without dragging (WCAG 2.5.7): a click selects a part, another one extends the selection to its part,
  // one within the selection ends it.
  #click({ from, until }) {
    const { selected } = this;
    if (selected && from >= selected.from && until <= selected.until) return this.clear();
    this.selected = {
      from: Math.min(from, selected?.from ?? from), until: Math.max(until, selected?.until ?? until),
    };
    this.#onSelect(this.selected);
  }

  // Whole parts: what is drawn is what is selected.
  #between(a, b) {
    const parts = [this.#chart.partAt(a), this.#chart.partAt(b)].sort((one, other) => one - other);
    return { from: this.#chart.timeOf(parts[0]).from, until: this.#chart.timeOf(parts[1]).until };
  }

  #key(event) {
    if (event.key === "Escape" && (this.selected || this.cursor !== undefined)) {
      event.stopPropagation();
      this.#point(undefined);
      return this.clear();
    }
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined || !this.#chart.scale) return;
    event.preventDefault();
    const last = this.#chart.partCount - 1;
    const before = this.cursor ?? last;
    const part = Math.min(last, Math.max(0, before + step));
    if (!event.shiftKey) this.#anchor = undefined;
    else if (this.#onSelect) this.#extend(before, part);
    this.#point(part);
    this.#plot.querySelector("[role=status]").textContent = this.#chart.showNote(part);
  }

  #extend(before, part) {
    this.#anchor ??= this.#chart.timeOf(before);
    const fresh = this.#chart.timeOf(part);
    this.selected = {
      from: Math.min(this.#anchor.from, fresh.from), until: Math.max(this.#anchor.until, fresh.until),
    };
    this.#onSelect(this.selected);
  }
}
