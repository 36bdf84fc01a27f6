// Streams that are shared: by the subscriptions of a page, and by the tabs of a browser.

import { OwnStream } from "./own-stream.js";

/** What the subscriptions of this page to one address have in common: a place among the tabs. */
export class PageStream {
  static #all = new Map();

  #address;
  #tells = new Set();
  #stream;
  #status;

  static join(address, tell) {
    const known = PageStream.#all.get(address);
    const page = known ?? new PageStream(address);
    page.#tells.add(tell);
    if (known) tell(page.#status);
    else page.#open();
    return { close: () => page.#leave(tell) };
  }

  constructor(address) {
    this.#address = address;
    PageStream.#all.set(address, this);
  }

  #open() {
    const stream = new SharedStream(this.#address, (message) => {
      if (message.kind === "status") this.#status = message;
      for (const tell of [...this.#tells]) if (this.#tells.has(tell)) tell(message);
    });
    this.#stream = stream;
    // A listener may have closed it just now.
    if (this.#tells.size === 0) stream.close();
  }

  #leave(tell) {
    if (!this.#tells.delete(tell)) return;
    if (this.#tells.size === 0) {
      if (PageStream.#all.get(this.#address) === this) PageStream.#all.delete(this.#address);
      this.#stream?.close();
    }
    tell({ kind: "status", status: { state: "closed" } });
  }
}

/** A connection that one tab holds for all that listen to the same. */
class SharedStream {
  #channel;
  #own;
  #release;
  #tell;
  #status = { kind: "status", status: { state: "connecting" } };
  /** Whether another tab listens to the same: for nobody nothing is passed on. */
  #isHeard = false;
  #abort = new AbortController();

  constructor(address, tell) {
    this.#tell = tell;
    tell(this.#status);
    const name = `directory-events ${new URL(address, location.href)}`;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }) => this.#heard(data);
    // Whoever holds the connection says how it is.
    this.#channel.postMessage({ kind: "hello" });
    navigator.locks.request(name, { signal: this.#abort.signal }, () => this.#lead(address))
      .catch((error) => { if (error.name !== "AbortError") throw error; });
  }

  close() {
    this.#abort.abort();
    this.#own?.close();
    this.#release?.();
    this.#channel.onmessage = null;
    this.#channel.close();
    this.#tell({ kind: "status", status: { state: "closed" } });
  }

  #heard(message) {
    if (message.kind === "hello") {
      this.#isHeard = true;
      // Whoever waited here longer must be known to the next that takes over, too.
      if (this.#own) this.#channel.postMessage(this.#status);
    } else if (message.kind === "taken") {
      this.#channel.postMessage({ kind: "hello" });
    } else {
      this.#tell(message);
    }
  }

  // Holds the lock for as long as the promise is open.
  #lead(address) {
    if (this.#abort.signal.aborted) return undefined;
    return new Promise((release) => {
      this.#release = release;
      this.#channel.postMessage({ kind: "taken" });
      this.#own = new OwnStream(address, (message) => {
        if (message.kind === "status") {
          // That one tab goes means nothing to the others: the next takes over.
          if (message.status.state === "closed") return;
          // Nor that one was refused: each may try for itself, and one that comes later may succeed.
          if (message.status.state === "refused") {
            this.#own = undefined;
            release();
            return this.#tell(message);
          }
          this.#status = message;
        }
        if (this.#abort.signal.aborted) return;
        // First the others: a listener of this tab may close all this.
        if (this.#isHeard) this.#channel.postMessage(message);
        this.#tell(message);
      });
      if (this.#abort.signal.aborted) this.#own.close();
    });
  }
}
