// An action that is repeated while its view is shown and the tab can be seen.

export class Poll {
  #action;
  #pause;
  #timer;
  /** Increases with each start and stop: what an earlier run returns is ignored. */
  #turn = 0;
  #isRunning = false;

  /**
   * @param {(isCurrent: () => boolean) => Promise<void>} action
   * @param {number} pause  milliseconds between the end of one run and the next
   */
  constructor(action, pause) {
    this.#action = action;
    this.#pause = pause;
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.#isRunning) this.start();
    });
  }

  /** Runs now, and again and again. */
  start() {
    this.stop();
    this.#isRunning = true;
    this.#run(this.#turn);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#turn += 1;
    this.#isRunning = false;
  }

  async #run(turn) {
    await this.#action(() => turn === this.#turn);
    if (turn !== this.#turn || document.hidden) return;
    this.#timer = setTimeout(() => this.#run(turn), this.#pause);
  }
}
