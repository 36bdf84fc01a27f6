// The times in which a stream was not live: events in them were not received.

import { clock } from "../page/clock.js";

export class Gaps {
  #from;
  #isLive = false;
  #onGap;

  /** @param {(from: Date, until?: Date) => void} onGap  called when a gap begins, and when it ends */
  constructor(onGap) { this.#onGap = onGap; }

  /** Receives the next status of the stream. */
  status({ state }) {
    if (state === "live") {
      const from = this.#from;
      [this.#isLive, this.#from] = [true, undefined];
      if (from) this.#onGap(from, new Date());
    } else if (this.#isLive && state !== "closed") {
      [this.#isLive, this.#from] = [false, new Date()];
      this.#onGap(this.#from);
    }
  }

  /** Starts with another stream; an open gap continues. */
  changeStream() { this.#isLive = false; }
}

/** Returns the text of a gap. */
export const gapText = (from, until) => (until
  ? `Disconnected ${clock(from)} – ${clock(until)}: events in between were not received`
  : `Disconnected since ${clock(from)}: events are not received`);
