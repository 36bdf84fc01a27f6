// The last events before the page was opened, if the gateway keeps any.

import { eventFrom, operations } from "../../directory-events.js";
import { elementsOf } from "../push/json-places.js";
import { routes } from "./routes.js";

/**
 * Returns the last events, oldest first; none if the gateway keeps none.
 * @returns {Promise<import("../../directory-events.js").DirectoryEvent[]>}
 */
export async function recentEvents() {
  const known = await routes();
  const path = ["/events/recent", "/events/history"].find((each) => known.has(each));
  if (!path) return [];
  const query = path === "/events/history" ? "?since=15m&limit=1000" : "";
  // 404: no log and no memory; 403: not for this user.
  const text = await operations.text(path + query).catch(() => "{}");
  // Each event stays as it was received, for the export.
  const type = (data) => JSON.parse(data).type.replace(/^EVENT_TYPE_/, "");
  const events = elementsOf(text, "/events").map((data) => eventFrom({ type: type(data), data }));
  return events.sort((a, b) => (a.id < b.id ? -1 : 1));
}
