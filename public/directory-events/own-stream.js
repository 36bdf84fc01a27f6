// A connection of this tab alone. It reads the stream itself instead of through an `EventSource`,
// which reports "open" before the gateway has accepted the stream, does not reconnect after most
// refusals, and does not report the reason. After a loss it asks for what came after its last event.

import { BlockParser } from "./blocks.js";

const FIRST_DELAY = 1000;
const LONGEST_DELAY = 60000;
const DEFAULT_RETRY = 3000;

export class OwnStream {
  #address;
  #notify;
  #closing = new AbortController();
  #failures = 0;
  #retry = DEFAULT_RETRY;
  #token;
  #lastId;

  /**
   * @param {string} address
   * @param {(message: object) => void} notify
   * @param {{token?: string, lastEventId?: string}} [options]
   */
  constructor(address, notify, { token, lastEventId } = {}) {
    this.#address = address;
    this.#notify = notify;
    this.#token = token;
    this.#lastId = lastEventId;
    this.#status({ state: "connecting" });
    this.#run();
  }

  close() {
    this.#closing.abort();
    this.#status({ state: "closed" });
  }

  get #isClosed() { return this.#closing.signal.aborted; }

  #status(status) { this.#notify({ kind: "status", status }); }

  async #run() {
    while (!this.#isClosed) {
      const end = await this.#connect();
      if (this.#isClosed) return;
      if (end.isFinal) return this.#status({ state: "refused", reason: end.reason, httpStatus: end.httpStatus });
      const retryIn = end.retryIn ?? this.#backOff(end.notBefore);
      this.#status({ state: "reconnecting", reason: end.reason, retryIn });
      await pause(retryIn, this.#closing.signal);
    }
  }

  /** Returns the pause after one more failure, at least the one that the gateway asks for. */
  #backOff(notBefore = 0) {
    const delay = Math.min(FIRST_DELAY * 2 ** this.#failures, LONGEST_DELAY);
    this.#failures += 1;
    return Math.max(notBefore, Math.round(delay * (0.5 + Math.random() / 2)));
  }

  /** Connects and reads until the end; returns why it ended. */
  async #connect() {
    let response;
    try {
      response = await fetch(resuming(this.#address, this.#lastId), {
        headers: { accept: "text/event-stream", ...bearer(this.#token) }, cache: "no-store", signal: this.#closing.signal,
      });
    } catch {
      return { reason: "the gateway cannot be reached" };
    }
    if (!response.ok) return refusal(response);
    if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
      response.body?.cancel().catch(() => {});
      return { reason: "the response is not an event stream" };
    }
    return this.#read(response.body);
  }

  async #read(body) {
    const parser = new BlockParser();
    const resumed = this.#lastId !== undefined;
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let isLive = false;
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        for (const block of parser.add(value)) {
          if (this.#isClosed) return undefined;
          this.#retry = block.retry ?? this.#retry;
          const farewell = farewellIn(block);
          if (farewell) {
            reader.cancel().catch(() => {});
            return { retryIn: this.#retry, ...farewell };
          }
          // The first block decides: a gateway without room sends its refusal there.
          if (!isLive) this.#status({ state: "live", resumed });
          isLive = true;
          this.#failures = 0;
          this.#take(block);
        }
      }
    } catch {
      // Every failure of the connection is handled in the same way.
    }
    return { reason: "the connection was lost", retryIn: isLive ? this.#retry : undefined };
  }

  #take({ event, data, id }) {
    if (this.#isClosed) return;
    if (id) this.#lastId = id;
    if (event === "dropped") this.#notify({ kind: "dropped", count: JSON.parse(data).dropped });
    else if (event === "reset") this.#notify({ kind: "reset", reset: JSON.parse(data || "{}") });
    // Names in lower case are control frames of the gateway.
    else if (/^[A-Z]/.test(event)) this.#notify({ kind: "event", type: event, data, id });
  }
}

/** Adds the id of the last event to an address: as a field it would need the consent of another origin. */
const resuming = (address, id) =>
  (id === undefined ? address : `${address}${address.includes("?") ? "&" : "?"}last_event_id=${encodeURIComponent(id)}`);

/** Returns the field that carries a token. */
export const bearer = (token) => (token ? { authorization: `Bearer ${token}` } : {});

const FAREWELLS = {
  goodbye: "the gateway is shutting down",
  "retry-later": "the gateway has no room",
};

/** Returns why a block ends the stream; undefined if it does not. */
function farewellIn({ event, data }) {
  if (!Object.hasOwn(FAREWELLS, event)) return undefined;
  const { reason = FAREWELLS[event], retry } = JSON.parse(data || "{}");
  return retry === undefined ? { reason } : { reason, retryIn: retry };
}

/** Returns the meaning of a response other than 200. */
async function refusal(response) {
  const problem = await response.json().catch(() => ({}));
  const { status } = response;
  return {
    reason: [problem.detail ?? `the gateway responded with status ${status}`, problem.remedy].filter(Boolean).join(" "),
    httpStatus: status,
    isFinal: status < 500 && status !== 429 && status !== 408,
    notBefore: 1000 * (Number(response.headers.get("retry-after")) || 0),
  };
}

/** Waits, until the stream is closed or the machine is online again at the latest. */
function pause(milliseconds, signal) {
  return new Promise((done) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      removeEventListener("online", finish);
      done();
    };
    const timer = setTimeout(finish, milliseconds);
    signal.addEventListener("abort", finish);
    addEventListener("online", finish);
  });
}
