// All events, for the views that follow everything. They share one stream, also with the live view while
// that has no filter.

import { subscribe } from "../../directory-events.js";
import { reportStream } from "../page/away.js";

export class Following {
  #view;
  #listener;
  #subscription;

  /**
   * @param {string} view  its name, for the banner
   * @param {import("../../directory-events.js").Listener} listener
   */
  constructor(view, listener) { [this.#view, this.#listener] = [view, listener]; }

  get isOn() { return this.#subscription !== undefined; }

  start() {
    const { onStatus } = this.#listener;
    this.#subscription ??= subscribe({}, {
      ...this.#listener,
      onStatus: (status) => {
        reportStream(this.#view, status);
        onStatus?.(status);
      },
    });
  }

  stop() {
    this.#subscription?.close();
    this.#subscription = undefined;
  }
}
