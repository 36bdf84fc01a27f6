// The events of one record: since it was opened, and those before that the event log has.

import { pastOf } from "../gateway/recent.js";
import { typeLabel } from "../gateway/type-label.js";
import { Gaps, gapText } from "../live/gaps.js";
import { timeElement } from "../page/clock.js";
import { make } from "../page/dom.js";
import { counted, facts } from "../page/text.js";

const MOST = 200;

export class RecordTrail {
  heading = make("h3", {}, "Events of this record, from now on");
  element = make("ol", { class: "trail", "aria-label": "Events of this record" });
  #gap;
  #isGapOver = true;
  #gaps = new Gaps((from, until, isResumed) => {
    const mark = make("li", { class: "gap" }, gapText(from, until, isResumed));
    const isNew = !until && this.#isGapOver;
    if (!isNew && this.#gap?.isConnected) this.#gap.replaceWith(mark);
    else this.#add(mark);
    this.#isGapOver = Boolean(until);
    this.#gap = mark;
  });

  /** Ids of the events that are shown: one may be in the log and arrive as well. */
  #ids = new Set();

  /** Receives an event of the record. */
  take(event) {
    if (this.#isNew(event)) this.#add(line(event));
  }

  /** Adds what the event log has from before, below the rest. */
  async load(cid) {
    const events = await pastOf(cid);
    if (!events) return;
    this.heading.textContent = "Events of this record";
    const room = MOST - this.element.children.length;
    const before = events.filter((event) => this.#isNew(event)).slice(-Math.max(0, room));
    this.element.append(...before.reverse().map(line));
  }

  #isNew({ id }) {
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    return true;
  }

  /** Receives the status of the stream. */
  status(status) { this.#gaps.status(status); }

  /** Receives a report of dropped events, of any record. */
  dropped(count) {
    const words = `${counted(count, "event")} ${count === 1 ? "was" : "were"} dropped here, of this record or others`;
    this.#add(make("li", { class: "gap" }, words));
  }

  /** Receives a reset: the gateway cannot say what is missing. */
  reset(reset) {
    if (!this.#gaps.reset(reset)) this.#add(make("li", { class: "gap" }, "Events may be missing here"));
  }

  #add(item) {
    this.element.prepend(item);
    if (this.element.children.length > MOST) this.element.lastChild.remove();
  }
}

const line = (event) => make("li", { "data-type": event.type },
  timeElement(event.time, "day"), " ", typeLabel(event.type), details(event));

const details = (event) => (event.type === "RECORD_SIGNED"
  ? make("span", { class: "mono" }, ` ${facts({ ...event, labels: [] }).join("  ")}`) : undefined);
