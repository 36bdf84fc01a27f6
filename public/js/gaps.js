// The times in which a stream was not live: what happened then was not received.

import { clock } from "./text.js";

export class Gaps {
  #from;
  #isLive = false;
  #onGap;

  /** @param {(from: Date, until?: Date) => void} onGap  once when it begins, once when it ends */
  constructor(onGap) { this.#onGap = onGap; }

  /** Takes the next status of the stream. */
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

  /** Begins with another stream; a gap that is open goes on. */
  changeStream() { this.#isLive = false; }
}

/** Says what a gap means. */
export const gapText = (from, until) => (until
  ? `Disconnected ${clock(from)} – ${clock(until)}: events in between were not received`
  : `Disconnected since ${clock(from)}: events are not received`);
