// The events before the page was opened, if the gateway keeps any.

import { eventFrom, operations } from "../../directory-events.js";
import { elementsOf } from "../push/json-places.js";
import { routes } from "./routes.js";

/** A record with more events than these pages hold is read in part: the oldest of them. */
const MOST_PAGES = 10;

/**
 * Returns the last events, oldest first; none if the gateway keeps none.
 * @returns {Promise<import("../../directory-events.js").DirectoryEvent[]>}
 */
export async function recentEvents() {
  const known = await routes();
  const path = ["/events/recent", "/events/history"].find((each) => known.has(each));
  if (!path) return [];
  const query = path === "/events/history" ? "?since=15m&limit=1000" : "?limit=1000";
  // 404: no log and no memory; 403: not for this user.
  const text = await operations.text(path + query).catch(() => "{}");
  return eventsIn(text).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * Returns the events of a resource that the event log has, oldest first; undefined without a log.
 * @param {string} cid
 * @returns {Promise<import("../../directory-events.js").DirectoryEvent[] | undefined>}
 */
export async function pastOf(cid) {
  if (!(await routes()).has("/events/history")) return undefined;
  const events = [];
  let after;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const query = `?cids=${encodeURIComponent(cid)}&limit=1000${after ? `&after=${encodeURIComponent(after)}` : ""}`;
    // 404: no log; 403: not for this user.
    const text = await operations.text(`/events/history${query}`).catch(() => undefined);
    if (text === undefined) return undefined;
    events.push(...eventsIn(text));
    after = JSON.parse(text).next;
    if (!after) break;
  }
  return events;
}

// Each event stays as it was received, for the export.
const eventsIn = (text) => elementsOf(text, "/events")
  .map((data) => eventFrom({ type: JSON.parse(data).type.replace(/^EVENT_TYPE_/, ""), data }));
