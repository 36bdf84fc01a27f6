// A connection of this tab alone. It reads the stream itself instead of through an `EventSource`,
// which reports "open" before the gateway has accepted the stream, does not reconnect after most
// refusals, carries no token, and does not report the reason.

import { authorization } from "./authorization.js";
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
  /** The id of the last event: a connection goes on after it. */
  #lastId;
  #token;

  /**
   * @param {string} address
   * @param {(message: object) => void} notify
   * @param {{after?: string, token?: Token}} [options]  after: an event, after which the stream begins
   */
  constructor(address, notify, { after, token } = {}) {
    this.#address = address;
    this.#notify = notify;
    this.#lastId = after;
    this.#token = token;
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
      if (end.isFinal) return this.#status({ state: "refused", ...end.refusal });
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
    let headers, response;
    try {
      headers = await this.#headers();
    } catch (error) {
      return { reason: `there is no token: ${error.message}` };
    }
    try {
      response = await fetch(this.#address, { headers, cache: "no-store", signal: this.#closing.signal });
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

  async #headers() {
    const headers = { accept: "text/event-stream", ...await authorization(this.#token) };
    return this.#lastId === undefined ? headers : { ...headers, "last-event-id": this.#lastId };
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
    this.#lastId = id ?? this.#lastId;
    if (event === "dropped") this.#notify({ kind: "dropped", count: JSON.parse(data).dropped });
    else if (event === "reset") this.#notify({ kind: "reset", reset: JSON.parse(data || "{}") });
    // Names in lower case are control frames of the gateway.
    else if (/^[A-Z]/.test(event)) this.#notify({ kind: "event", type: event, data, id });
  }
}

const FAREWELLS = {
  goodbye: "the gateway is shutting down",
  "retry-later": "the gateway has no room",
};

/** What a goodbye says whose stream ends with its token. */
const ENDINGS = { expired: "the token has expired", revoked: "the token was revoked" };

/** Returns why a block ends the stream; undefined if it does not. */
function farewellIn({ event, data }) {
  if (!Object.hasOwn(FAREWELLS, event)) return undefined;
  const { reason: said = FAREWELLS[event], retry } = JSON.parse(data || "{}");
  const reason = ENDINGS[said] ?? said;
  return retry === undefined ? { reason } : { reason, retryIn: retry };
}

/** Returns the meaning of a response other than 200. */
async function refusal(response) {
  const problem = await response.json().catch(() => ({}));
  const { status } = response;
  const reason = problem.detail ?? `the gateway responded with status ${status}`;
  return {
    reason,
    refusal: { reason, httpStatus: status, ...(problem.remedy ? { remedy: problem.remedy } : {}) },
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
