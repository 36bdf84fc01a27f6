// A Directory in the browser: its live events, and its operations. A plain ES module:
//
//   import { subscribe, operations } from "/directory-events.js";
//   const subscription = subscribe({ types: ["RECORD_PUSHED"] }, { onEvent: (e) => console.log(e) });

import { operationsAt } from "./directory-events/operations.js";
import { OwnStream } from "./directory-events/own-stream.js";
import { PageStream } from "./directory-events/shared-stream.js";

export { GatewayError, operationsAt } from "./directory-events/operations.js";

/**
 * @typedef {object} DirectoryEvent
 * @property {string} id            increases from event to event
 * @property {string} type          short: `RECORD_PUSHED`
 * @property {Date} time
 * @property {string} resourceId    the cid of a record, the id of a sync, the fingerprint of a key
 * @property {string[]} labels
 * @property {Record<string, string>} metadata
 * @property {string} data          its JSON, as it was received
 *
 * @typedef {object} Filter         an event needs one item of each given kind
 * @property {string[]} [types]     short or long names
 * @property {string[]} [labels]    parts of labels; case matters
 * @property {string[]} [cids]      whole resource ids
 *
 * @typedef {"connecting" | "live" | "reconnecting" | "refused" | "closed"} State
 *
 * @typedef {object} Status
 * @property {State} state          `refused` is permanent: a retry would not help
 * @property {string} [reason]      why the stream is not live; for 401 and 403, what is missing
 * @property {string} [remedy]      what can be done about a refusal
 * @property {number} [retryIn]     milliseconds, if they are known
 * @property {number} [httpStatus]  the status of the response, if it was a refusal
 * @property {boolean} [resumed]    when it is live: whether what was missed follows, unless `onReset` is called
 *
 * @typedef {object} Listener
 * @property {(event: DirectoryEvent) => void} [onEvent]
 * @property {(status: Status) => void} [onStatus]
 * @property {(count: number) => void} [onDropped]   the number of events that were dropped before the next one
 * @property {(reset: {cause?: string, oldest_id?: string}) => void} [onReset]  what was published while
 *   there was no connection is not known: events may be missing before the next one
 *
 * @typedef {object} Options
 * @property {string} [base]        the address of the gateway; default: that of the page
 * @property {boolean} [shared]     whether tabs with the same filter share a connection; default: true,
 *   and false with a token
 * @property {import("./directory-events/authorization.js").Token} [token]  sent as `Authorization: Bearer`
 * @property {string} [after]       the id of an event, after which the stream begins; such a stream is not
 *   shared
 */

/** The short names of all event types. */
export const EVENT_TYPES = Object.freeze([
  "RECORD_PUSHED", "RECORD_PULLED", "RECORD_DELETED", "RECORD_PUBLISHED", "RECORD_UNPUBLISHED",
  "SYNC_CREATED", "SYNC_COMPLETED", "SYNC_FAILED", "RECORD_SIGNED", "PUBLIC_KEY_UPLOADED",
]);

const KINDS = ["types", "labels", "cids"];

/**
 * Returns the address of a stream.
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
 * Calls the listener for each event until `close` is called.
 *
 * When the connection is lost, the next one goes on after the last event, if the gateway keeps events
 * (`events.history`). If it does not, or no longer has those that were missed, `onReset` is called.
 *
 * Browsers allow six connections to a host, and an open stream uses one. So tabs with the same filter
 * share one, where the browser supports it (Web Locks and BroadcastChannel, on https and on
 * localhost). When the tab with the connection is closed, another tab opens one.
 * @param {Filter} filter
 * @param {Listener} listener
 * @param {Options} [options]
 * @returns {{close: () => void}}
 */
export function subscribe(filter, listener, { base = "", shared = true, token, after } = {}) {
  const { href: address, protocol } = new URL(streamAddress(filter, base), location.href);
  if (!protocol.startsWith("http")) throw new TypeError(`${address} is not an address of a gateway`);
  const tell = teller(listener);
  // Another token may hear of other events.
  const canShare = shared && token === undefined && after === undefined
    && "BroadcastChannel" in globalThis && navigator.locks;
  return canShare ? PageStream.join(address, tell) : new OwnStream(address, tell, { after, token });
}

/** Turns messages of a stream into calls of a listener. */
function teller(listener) {
  let last;
  const tell = (message) => {
    if (message.kind === "event") {
      if (EVENT_TYPES.includes(message.type)) listener.onEvent?.(eventFrom(message));
    } else if (message.kind === "dropped") {
      listener.onDropped?.(message.count);
    } else if (message.kind === "reset") {
      listener.onReset?.(message.reset);
    } else if (JSON.stringify(message.status) !== last) {
      last = JSON.stringify(message.status);
      listener.onStatus?.(message.status);
    }
  };
  return (message) => {
    // An error in a listener does not stop the stream.
    try { tell(message); } catch (error) { reportError(error); }
  };
}

/**
 * Reads an event.
 * @param {{type: string, data: string}} message  the short name of its type, and its JSON
 * @returns {DirectoryEvent}
 */
export function eventFrom({ type, data }) {
  const event = JSON.parse(data);
  return {
    id: event.id, type, time: new Date(event.timestamp), resourceId: event.resource_id,
    labels: event.labels ?? [], metadata: event.metadata ?? {}, data,
  };
}

/** The operations of the gateway that serves this page. */
export const operations = operationsAt();
