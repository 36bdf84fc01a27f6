// Events per second by type over the last minutes, drawn on a canvas.

import { EVENT_TYPES } from "../directory-events.js";
import { one } from "./dom.js";

const SECONDS = 300;
const BIN = 2;

export class Chart {
  #canvas = one("#chart");
  #bins = new Map();
  #isDirty = true;
  #described = 0;

  constructor() {
    setInterval(() => { this.#isDirty = true; }, 1000);
    new ResizeObserver(() => { this.#isDirty = true; }).observe(this.#canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { this.#isDirty = true; });
    const frame = () => {
      if (this.#isDirty && this.#canvas.clientWidth) this.#draw();
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  /** Counts an event. */
  add(type) {
    const now = Math.floor(performance.now() / 1000 / BIN);
    const bin = this.#bins.get(now) ?? {};
    bin[type] = (bin[type] ?? 0) + 1;
    this.#bins.set(now, bin);
    this.#isDirty = true;
  }

  #draw() {
    this.#isDirty = false;
    const now = Math.floor(performance.now() / 1000 / BIN);
    const count = SECONDS / BIN;
    for (const key of this.#bins.keys()) if (key <= now - count) this.#bins.delete(key);
    const total = (bin) => Object.values(bin).reduce((sum, value) => sum + value, 0);
    const peak = Math.max(0, ...[...this.#bins.values()].map(total)) / BIN;
    const rate = total(this.#bins.get(now - 1) ?? this.#bins.get(now) ?? {}) / BIN;
    one("#rate").textContent = rate.toLocaleString();
    one("#peak").textContent = peak.toLocaleString();
    if (performance.now() - this.#described > 10000) {
      // Rarely: a screen reader must not announce it all the time.
      this.#described = performance.now();
      this.#canvas.setAttribute("aria-label",
        `Events per second over the last five minutes: ${rate} now, ${peak} at most`);
    }
    this.#paint(now, count, Math.max(peak * BIN, 4));
  }

  #paint(now, count, top) {
    const scale = devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    this.#canvas.width = width * scale;
    this.#canvas.height = height * scale;
    const context = this.#canvas.getContext("2d");
    context.scale(scale, scale);
    const style = getComputedStyle(document.documentElement);
    context.strokeStyle = style.getPropertyValue("--edge");
    context.beginPath();
    context.moveTo(0, height - 0.5);
    context.lineTo(width, height - 0.5);
    for (let minute = 1; minute < SECONDS / 60; minute += 1) {
      const x = Math.round(width - (minute * 60 * width) / SECONDS) + 0.5;
      context.moveTo(x, 0);
      context.lineTo(x, height);
    }
    context.stroke();
    const step = width / count;
    for (const [key, bin] of this.#bins) {
      let y = height - 1;
      for (const type of EVENT_TYPES) {
        if (!bin[type]) continue;
        const tall = (bin[type] / top) * (height - 6);
        context.fillStyle = style.getPropertyValue(`--${type}`);
        context.fillRect(width - (now - key + 1) * step, y - tall, Math.max(1, step - 1), tall);
        y -= tall;
      }
    }
  }
}
