// The times in which a stream was not live: events in them were not received.

import { clock } from "../page/clock.js";

export class Gaps {
  #from;
  #isLive = false;
  /** The last gap, while a reset may be of it. */
  #last;
  #onGap;

  /**
   * @param {(from: Date, until?: Date, isResumed?: boolean) => void} onGap  called when a gap begins, and when it
   *   ends: then with whether its events were received afterwards
   */
  constructor(onGap) { this.#onGap = onGap; }

  /** Receives the next status of the stream. */
  status({ state, resumed }) {
    if (state === "live") {
      const from = this.#from;
      [this.#isLive, this.#from] = [true, undefined];
      this.#last = from && resumed ? { from, until: new Date() } : undefined;
      if (from) this.#onGap(from, new Date(), resumed);
    } else if (this.#isLive && state !== "closed") {
      [this.#isLive, this.#from] = [false, new Date()];
      this.#onGap(this.#from);
    }
  }

  /**
   * Receives a reset. Right after a gap it means that its events are not received after all.
   * @returns {boolean} whether it was of the last gap
   */
  reset({ cause } = {}) {
    if (!this.#last || cause === "upstream-lost") return false;
    const { from, until } = this.#last;
    this.#last = undefined;
    this.#onGap(from, until, false);
    return true;
  }

  /** Starts with another stream; an open gap continues. */
  changeStream() { this.#isLive = false; }
}

/** Returns the text of a gap. */
export function gapText(from, until, isResumed) {
  if (!until) return `Disconnected since ${clock(from)}: events are not received`;
  const rest = isResumed ? "what happened in between was received afterwards" : "events in between were not received";
  return `Disconnected ${clock(from)} – ${clock(until)}: ${rest}`;
}
