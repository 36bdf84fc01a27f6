// A Directory in the browser: its events as they happen, and its operations. A plain ES module:
//
//   import { subscribe, operations } from "/directory-events.js";
//   const subscription = subscribe({ types: ["RECORD_PUSHED"] }, { onEvent: (e) => console.log(e) });

import { operationsAt } from "./directory-events/operations.js";
import { OwnStream } from "./directory-events/own-stream.js";
import { PageStream } from "./directory-events/shared-stream.js";

export { GatewayError, operationsAt } from "./directory-events/operations.js";

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
    if (message.kind === "event") {
      if (EVENT_TYPES.includes(message.type)) listener.onEvent?.(eventFrom(message));
    } else if (message.kind === "dropped") {
      listener.onDropped?.(message.count);
    } else if (JSON.stringify(message.status) !== last) {
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

/** The operations of the gateway that serves this page. */
export const operations = operationsAt();
