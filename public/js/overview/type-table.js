// The events by type: how fast they come now, over the last minutes, and since the start.

import { EVENT_TYPES } from "../../directory-events.js";
import { typeLabel } from "../gateway/type-label.js";
import { make, one, write } from "../page/dom.js";
import { rate } from "../page/text.js";

const SVG = "http://www.w3.org/2000/svg";
const PARTS = 60;
const WINDOW = 300;

export class TypeTable {
  #rows = new Map();
  #bins;

  /** @param {import("../chart/event-bins.js").EventBins} bins */
  constructor(bins) {
    this.#bins = bins;
    for (const type of EVENT_TYPES) {
      const name = make("th", { scope: "row" }, typeLabel(type, `?types=${type}#live`));
      const row = {
        speed: make("td", { class: "right number" }), line: make("td", { class: "spark" }),
        all: make("td", { class: "right number" }),
      };
      this.#rows.set(type, row);
      one("#type-table").append(make("tr", { "data-type": type }, name, row.speed, row.line, row.all));
    }
  }

  /** @param {import("./metric-window.js").MetricWindow} [metrics] */
  show(metrics) {
    const now = Math.floor(this.#bins.now / 1000) + 1;
    const parts = this.#bins.parts(now - WINDOW, WINDOW / PARTS, PARTS);
    const most = Math.max(1, ...parts.flatMap((part) => Object.values(part)));
    const minute = this.#bins.counts(now - 60, now);
    for (const [type, { speed, line, all }] of this.#rows) {
      const perSecond = metrics?.speed("events_published_total", { type }) ?? (minute[type] ?? 0) / 60;
      write(speed, perSecond ? rate(perSecond) : "0");
      const counted = metrics?.now.sum("events_published_total", { type });
      write(all, counted === undefined ? "–" : counted.toLocaleString());
      const values = parts.map((part) => part[type] ?? 0);
      const key = values.join();
      if (line.dataset.key === `${most}/${key}`) continue;
      line.dataset.key = `${most}/${key}`;
      const sum = values.reduce((a, b) => a + b, 0);
      line.replaceChildren(spark(values, most, type), make("span", { class: "number" }, sum.toLocaleString()));
    }
  }
}

/** Draws values as bars; the number beside them says it in words. */
function spark(values, most, type) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${values.length} 10`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const bars = document.createElementNS(SVG, "path");
  const bar = (value, x) => (value ? `M${x} 10V${10 - Math.max(1, (value / most) * 10)}h.8V10z` : "");
  bars.setAttribute("d", values.map(bar).join(""));
  bars.style.fill = `var(--${type})`;
  svg.append(bars);
  return svg;
}
