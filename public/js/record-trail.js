// The events of one record, since it was opened.

import { make } from "./dom.js";
import { Gaps, gapText } from "./gaps.js";
import { clock, facts } from "./text.js";

const MOST = 200;

export class RecordTrail {
  element = make("ol", { class: "trail", "aria-label": "Events of this record" });
  #gap;
  #gaps = new Gaps((from, until) => {
    const line = make("li", { class: "gap" }, gapText(from, until));
    if (this.#gap?.isConnected) this.#gap.replaceWith(line);
    else this.#add(line);
    this.#gap = until ? undefined : line;
  });

  /** Receives an event of the record. */
  take(event) { this.#add(make("li", {}, words(event))); }

  /** Receives the status of the stream. */
  status(status) { this.#gaps.status(status); }

  /** Receives a report of dropped events, of any record. */
  dropped(count) {
    this.#add(make("li", { class: "gap" }, `${count.toLocaleString()} event${count === 1 ? " was" : "s were"} dropped here, of this record or others`));
  }

  #add(line) {
    this.element.prepend(line);
    if (this.element.children.length > MOST) this.element.lastChild.remove();
  }
}

function words(event) {
  const details = event.type === "RECORD_SIGNED" ? ` ${facts({ ...event, labels: [] }).join("  ")}` : "";
  return `${clock(event.time)} ${event.type}${details}`;
}
