// Metrics over the last five minutes: what was counted since then, how fast, and how long it took.

import { quantile, since } from "../gateway/metrics.js";

const WINDOW = 300000;

export class MetricWindow {
  #readings = [];

  /** Adds a reading. */
  add(metrics) {
    const last = this.#readings.at(-1);
    // A counter that falls: the gateway was started again.
    const isRestarted = last && (metrics.sum("events_published_total") ?? 0) < (last.sum("events_published_total") ?? 0);
    if (isRestarted) this.#readings = [];
    this.#readings.push(metrics);
    // One reading from before the window is kept, to begin with.
    while (this.#readings.length > 2 && this.#readings[1].at < metrics.at - WINDOW) this.#readings.shift();
  }

  get now() { return this.#readings.at(-1); }
  get #first() { return this.#readings[0]; }

  /** Seconds between the first and the last reading. */
  get seconds() { return (this.now.at - this.#first.at) / 1000; }

  /** Returns how much a counter has grown. */
  growth(name, labels) {
    const now = this.now.sum(name, labels);
    return now === undefined ? undefined : now - (this.#first.sum(name, labels) ?? 0);
  }

  /** Returns how fast a counter grows, between the last two readings. */
  speed(name, labels) {
    const [before, now] = this.#readings.slice(-2);
    if (!now) return undefined;
    const [old, current] = [before.sum(name, labels), now.sum(name, labels)];
    return current === undefined ? undefined : (current - (old ?? 0)) / ((now.at - before.at) / 1000);
  }

  /**
   * Returns the median and the 99th percentile of a histogram, seconds: of the window if there was
   * anything in it, else since the start of the gateway.
   */
  times(name) {
    const all = this.now.buckets(name);
    const recent = this.#readings.length > 1 ? since(all, this.#first.buckets(name)) : [];
    const isRecent = (recent.at(-1)?.count ?? 0) > 0;
    const used = isRecent ? recent : all;
    return { median: quantile(used, 0.5), high: quantile(used, 0.99), count: used.at(-1)?.count ?? 0, isRecent };
  }
}
