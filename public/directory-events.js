// A Directory in the browser: its events as they happen, and its operations. A plain ES module:
//
//   import { subscribe, operations } from "/directory-events.js";
//   const subscription = subscribe({ types: ["RECORD_PUSHED"] }, { onEvent: (e) => console.log(e) });

/**
 * @typedef {object} DirectoryEvent
 * @property {string} id            rises from event to event
 * @property {string} type          short: `RECORD_PUSHED`
 * @property {Date} time
 * @property {string} resourceId    the cid of a record, the id of a sync, the fingerprint of a key
 * @property {string[]} labels
 * @property {Record<string, string>} metadata
 *
 * @typedef {object} Filter         an event needs one item of each kind that is given
 * @property {string[]} [types]     short or long names
 * @property {string[]} [labels]    parts of labels; case matters
 * @property {string[]} [cids]      whole resource ids
 *
 * @typedef {"connecting" | "live" | "reconnecting" | "refused" | "closed"} State
 *
 * @typedef {object} Status
 * @property {State} state          `refused` is for good: trying again would not help
 * @property {string} [reason]      why it is not live
 * @property {number} [retryIn]     milliseconds, if they are known
 *
 * @typedef {object} Listener
 * @property {(event: DirectoryEvent) => void} [onEvent]
 * @property {(status: Status) => void} [onStatus]
 * @property {(count: number) => void} [onDropped]   so many events were lost before the next one
 *
 * @typedef {object} Options
 * @property {string} [base]        the address of the gateway; the page's own if not given
 * @property {boolean} [shared]     whether tabs with the same filter share a connection; they do
 */

/** The types of event there are, by their short names. */
export const EVENT_TYPES = Object.freeze([
  "RECORD_PUSHED", "RECORD_PULLED", "RECORD_DELETED", "RECORD_PUBLISHED", "RECORD_UNPUBLISHED",
  "SYNC_CREATED", "SYNC_COMPLETED", "SYNC_FAILED", "RECORD_SIGNED", "PUBLIC_KEY_UPLOADED",
]);

const KINDS = ["types", "labels", "cids"];
const FIRST_DELAY = 1000;
const LONGEST_DELAY = 60000;

/**
 * The address of a stream.
 * @param {Filter} filter
 * @param {string} [base]
 * @returns {string}
 */
export function streamAddress(filter = {}, base = "") {
  const gateway = base.replace(/\/+$/, "");
  const items = KINDS.filter((kind) => filter[kind]?.length).map(
    (kind) => `${kind}=${filter[kind].map(encodeURIComponent).join(",")}`);
  return `${gateway}/events${items.length ? "?" : ""}${items.join("&")}`;
}

/**
 * Listens to events until `close` is called.
 *
 * Browsers allow six connections to a host, and a stream needs one for as long as it lives: so the
 * tabs that listen to the same share one, where the browser can (Web Locks and BroadcastChannel, on
 * https and on localhost). When the tab that holds it is closed, another takes over.
 * @param {Filter} filter
 * @param {Listener} listener
 * @param {Options} [options]
 * @returns {{close: () => void}}
 */
export function subscribe(filter, listener, { base = "", shared = true } = {}) {
  const { href: address, protocol } = new URL(streamAddress(filter, base), location.href);
  if (!protocol.startsWith("http")) throw new TypeError(`${address} is no address of a gateway`);
  const tell = teller(listener);
  const canShare = shared && "BroadcastChannel" in globalThis && navigator.locks;
  return canShare ? PageStream.join(address, tell) : new OwnStream(address, tell);
}

/** Turns messages of a stream into calls of a listener. */
function teller(listener) {
  let last;
  const tell = (message) => {
    if (message.kind === "event") listener.onEvent?.(eventFrom(message));
    else if (message.kind === "dropped") listener.onDropped?.(message.count);
    else if (JSON.stringify(message.status) !== last) {
      last = JSON.stringify(message.status);
      listener.onStatus?.(message.status);
    }
  };
  return (message) => {
    // A fault of a listener is its own: the stream goes on.
    try { tell(message); } catch (error) { reportError(error); }
  };
}

/** @returns {DirectoryEvent} */
function eventFrom({ type, data }) {
  const event = JSON.parse(data);
  return {
    id: event.id, type, time: new Date(event.timestamp), resourceId: event.resource_id,
    labels: event.labels ?? [], metadata: event.metadata ?? {},
  };
}

/** A connection of this tab alone. */
class OwnStream {
  #address;
  #tell;
  #source;
  #timer;
  #failures = 0;
  #farewell;

  constructor(address, tell) {
    this.#address = address;
    this.#tell = tell;
    this.#status({ state: "connecting" });
    // A listener may have closed it just now.
    if (this.#source !== null) this.#open();
  }

  close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
    this.#status({ state: "closed" });
  }

  #status(status) { this.#tell({ kind: "status", status }); }

  #open() {
    const source = new EventSource(this.#address);
    this.#source = source;
    source.onopen = () => {
      this.#failures = 0;
      this.#farewell = undefined;
      this.#status({ state: "live" });
    };
    source.onerror = () => {
      if (this.#source !== source) return;
      if (source.readyState === EventSource.CLOSED) this.#explain();
      else this.#status({ state: "reconnecting", reason: "the connection was lost", ...this.#farewell });
    };
    for (const type of EVENT_TYPES) {
      source.addEventListener(type, ({ data }) => this.#tell({ kind: "event", type, data }));
    }
    source.addEventListener("dropped", ({ data }) => {
      this.#tell({ kind: "dropped", count: JSON.parse(data).dropped });
    });
    const leave = (fallback) => ({ data }) => {
      const { retry, reason } = JSON.parse(data);
      this.#farewell = { reason: reason ?? fallback, retryIn: retry };
      this.#status({ state: "reconnecting", ...this.#farewell });
    };
    source.addEventListener("goodbye", leave("the gateway is going down"));
    source.addEventListener("retry-later", leave("the gateway has no room"));
  }

  // An EventSource does not say why it was refused; asking once more the plain way does.
  async #explain() {
    let status = { state: "reconnecting", reason: "the gateway cannot be reached" };
    try {
      const answer = await fetch(this.#address, {
        headers: { accept: "application/x-ndjson" }, signal: AbortSignal.timeout(10000),
      });
      if (answer.ok) {
        await answer.body?.cancel();
        status.reason = "the connection was lost";
      } else {
        const problem = await answer.json().catch(() => ({}));
        const reason = problem.detail ?? `the gateway answered ${answer.status}`;
        const isFinal = answer.status < 500 && answer.status !== 429 && answer.status !== 408;
        status = { state: isFinal ? "refused" : "reconnecting", reason };
      }
    } catch {
      // It stays as it is: not reached.
    }
    if (!this.#source) return;
    if (status.state === "reconnecting") {
      const delay = Math.min(FIRST_DELAY * 2 ** this.#failures, LONGEST_DELAY);
      status.retryIn = Math.round(delay * (0.5 + Math.random() / 2));
      this.#failures += 1;
      this.#timer = setTimeout(() => this.#open(), status.retryIn);
    }
    this.#status(status);
  }
}

/** What the subscriptions of this page to one address have in common: a place among the tabs. */
class PageStream {
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

/** A refusal of the gateway, with its own words. */
export class GatewayError extends Error {
  /**
   * @param {number} status
   * @param {{detail?: string, title?: string, remedy?: string,
   *   errors?: {pointer: string, detail: string}[]}} problem
   */
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? `the gateway answered ${status}`);
    this.name = "GatewayError";
    this.status = status;
    this.remedy = problem.remedy ?? "";
    /** Of a record: every fault, with its place. */
    this.faults = problem.errors ?? [];
    this.problem = problem;
  }
}

/**
 * The operations of a gateway. Each returns a promise of the answer's JSON, and rejects with a
 * `GatewayError`, or with a `TypeError` when the gateway cannot be reached.
 * @param {string} [base] the address of the gateway; the page's own if not given
 */
export function operationsAt(base = "") {
  async function send(method, path, body, type = "application/json") {
    const answer = await fetch(base + path, {
      method, body, headers: body === undefined ? {} : { "content-type": type },
    });
    if (!answer.ok) {
      throw new GatewayError(answer.status, await answer.json().catch(() => ({})));
    }
    return answer;
  }
  const json = async (answer) => (await answer).json();
  const get = (path) => json(send("GET", path));
  const post = (path, body) => json(send("POST", path, JSON.stringify(body)));
  const record = (cid) => `/records/${encodeURIComponent(cid)}`;
  const query = (values) => {
    const items = Object.entries(values).flatMap(([name, value]) =>
      [value].flat().filter((item) => item !== undefined && item !== "")
        .map((item) => `${name}=${encodeURIComponent(item)}`));
    return items.length ? `?${items.join("&")}` : "";
  };
  return {
    /** Stores a record: an object, or the text of one, which is sent as it is. */
    push: async (value) => {
      const answer = await send(
        "POST", "/push", typeof value === "string" ? value : JSON.stringify(value));
      return { ...(await answer.json()), isNew: answer.status === 201 };
    },
    /** Stores many records; gives a result for each, in order. */
    pushMany: async (records) => {
      const lines = records.map((value) => JSON.stringify(value)).join("\n");
      const answer = await send("POST", "/push", lines, "application/x-ndjson");
      return (await answer.text()).trim().split("\n").filter(Boolean).map((line) => JSON.parse(line));
    },
    /** The content of a record, as text: exactly the bytes that hash to its cid. */
    pull: async (cid) => (await send("GET", record(cid))).text(),
    /** @param {{label?: string[], name?: string[], version?: string[], published?: boolean,
     *    limit?: number, after?: string}} [filter] */
    records: (filter = {}) => get(`/records${query(filter)}`),
    remove: async (cid) => { await send("DELETE", record(cid)); },
    /** @param {{cids: string[]} | {labels: string[]} | {all: true}} selection */
    publish: (selection) => post("/publish", selection),
    unpublish: (cids) => post("/unpublish", { cids }),
    /** Signs with the gateway's key, or attaches `{signature, public_key}`. */
    sign: (cid, attached = {}) => post("/sign", { cid, ...attached }),
    verify: (cid, publicKey) => post("/verify", { cid, public_key: publicKey }),
    signatures: (cid) => get(`${record(cid)}/signatures`),
    /** Begins to copy from another gateway; none of `cids` means all that is published there. */
    sync: (remote, cids) => post("/sync", { remote_directory_url: remote, cids }),
    syncs: (filter = {}) => get(`/syncs${query(filter)}`),
    syncStatus: (id) => get(`/syncs/${encodeURIComponent(id)}`),
    cancelSync: async (id) => { await send("DELETE", `/syncs/${encodeURIComponent(id)}`); },
    subscribers: () => get("/subscribers"),
  };
}

/** The operations of the gateway that serves this page. */
export const operations = operationsAt();
