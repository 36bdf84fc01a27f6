// Metrics in the text format of Prometheus 0.0.4.

const PREFIX = "directory_gateway_";
const SAMPLE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/;
const LABEL = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g;

export class Metrics {
  #samples = new Map();
  /** When they were read, milliseconds. */
  at = performance.now();

  /** @param {string} text */
  constructor(text) {
    for (const line of text.split("\n")) {
      const [, name, labels = "", value] = (line.startsWith("#") ? undefined : SAMPLE.exec(line)) ?? [];
      if (!name) continue;
      const key = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
      const list = this.#samples.get(key) ?? [];
      list.push({
        labels: Object.fromEntries([...labels.matchAll(LABEL)].map(([, label, text]) => [label, text])),
        value: value === "+Inf" ? Infinity : Number(value),
      });
      this.#samples.set(key, list);
    }
  }

  /** Returns the samples of a metric, by its name without the prefix. */
  all(name) { return this.#samples.get(name) ?? []; }

  /** Returns the sum of the samples; undefined if there is none. */
  sum(name, labels = {}) {
    const found = this.all(name).filter((sample) =>
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value));
    return found.length ? found.reduce((sum, { value }) => sum + value, 0) : undefined;
  }

  /** Returns the first of several metrics that exists: names differ between versions. */
  first(...names) { return names.map((name) => this.sum(name)).find((value) => value !== undefined); }

  /** Returns the buckets of a histogram, by upper bound: the counts up to it. */
  buckets(name) {
    const found = this.all(`${name}_bucket`).map(({ labels, value }) =>
      ({ until: labels.le === "+Inf" ? Infinity : Number(labels.le), count: value }));
    return found.sort((a, b) => a.until - b.until);
  }
}

/** Returns what was counted between two readings of a histogram. */
export function since(buckets, earlier) {
  const before = new Map(earlier.map(({ until, count }) => [until, count]));
  const between = buckets.map(({ until, count }) => ({ until, count: count - (before.get(until) ?? 0) }));
  // The gateway was started again in between.
  return between.some(({ count }) => count < 0) ? buckets : between;
}

/**
 * Returns a quantile of a histogram, linear within its bucket, seconds; undefined without values.
 * @param {{until: number, count: number}[]} buckets
 * @param {number} part  0.5 for the median
 */
export function quantile(buckets, part) {
  const total = buckets.at(-1)?.count ?? 0;
  if (!total) return undefined;
  const wanted = part * total;
  const index = buckets.findIndex(({ count }) => count >= wanted);
  const { until, count } = buckets[index];
  const from = index ? buckets[index - 1] : { until: 0, count: 0 };
  if (until === Infinity) return from.until;
  return from.until + ((until - from.until) * (wanted - from.count)) / Math.max(1, count - from.count);
}
