// Events counted by second and type, by the clock of the gateway.

const MOST_SECONDS = 2 * 3600;

export class EventBins {
  /** The counts by type of each second that has events. */
  #seconds = new Map();
  /** How far the clock of the gateway is ahead of that of this machine, milliseconds. */
  #ahead = 0;

  /** The time on the clock of the gateway, milliseconds. */
  get now() { return Date.now() + this.#ahead; }

  /** Counts an event that has just arrived. */
  addLive({ type, time }) {
    const ahead = time.getTime() - Date.now();
    // Small differences are the way of the event; the clock of this machine may be far off.
    if (Math.abs(ahead) > 5000) this.#ahead = ahead;
    else if (Math.abs(this.#ahead) > 5000) this.#ahead = 0;
    this.add({ type, time });
  }

  /** Counts an event. */
  add({ type, time }) {
    const second = Math.floor(time.getTime() / 1000);
    if (!Number.isFinite(second)) return;
    const counts = this.#seconds.get(second) ?? {};
    counts[type] = (counts[type] ?? 0) + 1;
    this.#seconds.set(second, counts);
    if (this.#seconds.size > MOST_SECONDS) this.#forget();
  }

  clear() { this.#seconds.clear(); }

  /**
   * Returns the counts by type of equal parts of a time.
   * @param {number} from   seconds
   * @param {number} width  seconds in each part
   * @param {number} count
   * @returns {Record<string, number>[]}
   */
  parts(from, width, count) {
    const parts = Array.from({ length: count }, () => ({}));
    for (const [second, counts] of this.#seconds) {
      const part = parts[Math.floor((second - from) / width)];
      if (!part) continue;
      for (const [type, number] of Object.entries(counts)) part[type] = (part[type] ?? 0) + number;
    }
    return parts;
  }

  /** Returns the counts by type from one second to another, that one excluded. */
  counts(from, until) { return this.parts(from, Math.max(1, until - from), 1)[0]; }

  #forget() {
    const oldest = Math.floor(this.now / 1000) - MOST_SECONDS;
    for (const second of this.#seconds.keys()) if (second < oldest) this.#seconds.delete(second);
  }
}

/** Returns the sum of counts by type. */
export const total = (counts) => Object.values(counts).reduce((sum, value) => sum + value, 0);
