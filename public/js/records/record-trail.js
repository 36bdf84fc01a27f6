// The events of one record, since it was opened.

import { typeLabel } from "../gateway/type-label.js";
import { Gaps, gapText } from "../live/gaps.js";
import { clock } from "../page/clock.js";
import { make } from "../page/dom.js";
import { counted, facts } from "../page/text.js";

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
  take(event) {
    this.#add(make("li", { "data-type": event.type }, make("span", { class: "number" }, clock(event.time)), " ",
      typeLabel(event.type), details(event)));
  }

  /** Receives the status of the stream. */
  status(status) { this.#gaps.status(status); }

  /** Receives a report of dropped events, of any record. */
  dropped(count) {
    const words = `${counted(count, "event")} ${count === 1 ? "was" : "were"} dropped here, of this record or others`;
    this.#add(make("li", { class: "gap" }, words));
  }

  #add(line) {
    this.element.prepend(line);
    if (this.element.children.length > MOST) this.element.lastChild.remove();
  }
}

const details = (event) => (event.type === "RECORD_SIGNED"
  ? make("span", { class: "mono" }, ` ${facts({ ...event, labels: [] }).join("  ")}`) : undefined);
