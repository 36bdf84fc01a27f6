// Loading again, as often as asked but one at a time: a burst of events asks once or twice.

const PAUSE = 250;

export class Refresher {
  #load;
  #running;
  #isAskedAgain = false;

  /** @param {() => Promise<void>} load */
  constructor(load) { this.#load = load; }

  /** Loads now, or again once the load that is under way has ended. */
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
