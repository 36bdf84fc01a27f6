// Reloads on request, one load at a time: a burst of events causes one or two loads.

const PAUSE = 250;

export class Refresher {
  #load;
  #running;
  #isAskedAgain = false;

  /** @param {() => Promise<void>} load */
  constructor(load) { this.#load = load; }

  /** Loads now, or again when the current load has ended. */
  refresh() {
    if (this.#running) {
      this.#isAskedAgain = true;
      return this.#running;
    }
    this.#running = this.#run();
    return this.#running;
  }

  async #run() {
    try {
      do {
        this.#isAskedAgain = false;
        await this.#load();
        if (this.#isAskedAgain) await new Promise((done) => { setTimeout(done, PAUSE); });
      } while (this.#isAskedAgain);
    } finally {
      this.#running = undefined;
    }
  }
}
