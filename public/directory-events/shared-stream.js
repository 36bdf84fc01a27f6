// Streams that are shared: by the subscriptions of a page, and by the tabs of a browser.

import { OwnStream } from "./own-stream.js";

/** The stream that the subscriptions of this page to one address share. */
export class PageStream {
  static #all = new Map();

  #address;
  #listeners = new Set();
  #stream;
  #status;

  static join(address, notify) {
    const known = PageStream.#all.get(address);
    const page = known ?? new PageStream(address);
    page.#listeners.add(notify);
    if (known) notify(page.#status);
    else page.#open();
    return { close: () => page.#leave(notify) };
  }

  constructor(address) {
    this.#address = address;
    PageStream.#all.set(address, this);
  }

  #open() {
    const stream = new SharedStream(this.#address, (message) => {
      if (message.kind === "status") this.#status = message;
      for (const notify of [...this.#listeners]) if (this.#listeners.has(notify)) notify(message);
    });
    this.#stream = stream;
    // A listener may have closed it just now.
    if (this.#listeners.size === 0) stream.close();
  }

  #leave(notify) {
    if (!this.#listeners.delete(notify)) return;
    if (this.#listeners.size === 0) {
      if (PageStream.#all.get(this.#address) === this) PageStream.#all.delete(this.#address);
      this.#stream?.close();
    }
    notify({ kind: "status", status: { state: "closed" } });
  }
}

/** How many events may be on their way between tabs while another one takes over. */
const REMEMBERED = 256;

/** A connection that one tab has open for all tabs with the same address. */
class SharedStream {
  #channel;
  #own;
  #release;
  #notify;
  #status = { kind: "status", status: { state: "connecting" } };
  /** Whether another tab uses this stream: without one, messages are not passed on. */
  #hasOtherTabs = false;
  #abort = new AbortController();
  /** The id of the last event that this tab has: if it takes over, it goes on after that one. */
  #lastId;
  /** The ids of the last events. */
  #ids = new Set();

  constructor(address, listener) {
    const notify = (message) => { if (this.#isNew(message)) listener(message); };
    this.#notify = notify;
    notify(this.#status);
    const name = `directory-events ${new URL(address, location.href)}`;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }) => this.#receive(data);
    // The tab with the connection responds with its status.
    this.#channel.postMessage({ kind: "hello" });
    navigator.locks.request(name, { signal: this.#abort.signal }, () => this.#lead(address))
      .catch((error) => { if (error.name !== "AbortError") throw error; });
  }

  // An event comes twice when the tab that took over did not know that it had come.
  #isNew({ kind, id }) {
    if (kind !== "event" || !id) return true;
    if (this.#ids.has(id)) return false;
    this.#lastId = id;
    this.#ids.add(id);
    if (this.#ids.size > REMEMBERED) this.#ids.delete(this.#ids.values().next().value);
    return true;
  }

  close() {
    this.#abort.abort();
    this.#own?.close();
    this.#release?.();
    this.#channel.onmessage = null;
    this.#channel.close();
    this.#notify({ kind: "status", status: { state: "closed" } });
  }

  #receive(message) {
    if (message.kind === "hello") {
      this.#hasOtherTabs = true;
      // A tab that takes over later must also know the tabs that wait already.
      if (this.#own) this.#channel.postMessage(this.#status);
    } else if (message.kind === "taken") {
      this.#channel.postMessage({ kind: "hello" });
    } else {
      this.#notify(message);
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
          // The other tabs continue: the next one takes over.
          if (message.status.state === "closed") return;
          // A refusal is for this tab only: each tab tries for itself, and a later one may succeed.
          if (message.status.state === "refused") {
            this.#own = undefined;
            release();
            return this.#notify(message);
          }
          this.#status = message;
        }
        if (this.#abort.signal.aborted) return;
        // The other tabs first: a listener of this tab may close the stream.
        if (this.#hasOtherTabs) this.#channel.postMessage(message);
        this.#notify(message);
      }, { after: this.#lastId });
      if (this.#abort.signal.aborted) this.#own.close();
    });
  }
}
