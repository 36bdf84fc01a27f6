// How a row of the live view looks: an event, or a mark between events.

import { copyButton, make } from "./dom.js";
import { icon } from "./icons.js";
import { clock, facts, shortened } from "./text.js";

const ICONS = { FILTER: "filter", DISCONNECTED: "away", LOST: "LOST" };

export function drawRow(row) {
  const time = make("time", { datetime: row.time.toISOString(), title: row.time.toLocaleString() }, clock(row.time));
  return row.mark ? drawMark(row, time) : drawEvent(row, time);
}

function drawMark({ mark, text }, time) {
  return make("div", { class: "row mark", role: "listitem", "data-type": mark },
    time, icon(ICONS[mark]), make("span", { class: "details", title: text }, text));
}

function drawEvent(event, time) {
  const type = make("span", { class: "type" }, icon(event.type), event.type);
  type.style.color = `var(--${event.type})`;
  const id = { title: event.resourceId, class: "mono" };
  const isRecord = event.resourceId.startsWith("bae");
  const resource = make("span", { class: "resource" },
    isRecord && event.type !== "RECORD_DELETED"
      ? make("a", { ...id, href: `#records/${encodeURIComponent(event.resourceId)}` }, shortened(event.resourceId))
      : make("span", id, shortened(event.resourceId)),
    copyButton(event.resourceId, "the id"));
  const words = facts(event);
  // Each item is isolated, so that right-to-left text does not reorder the others.
  return make("div", { class: "row", role: "listitem", "data-type": event.type }, time, type, resource,
    make("span", { class: "details", title: words.join("  ") },
      ...words.flatMap((item, index) => [index ? " " : "", make("bdi", {}, item)])));
}
