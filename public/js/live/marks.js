// The marks between events: where the filter changed, where the connection was away, where events were
// dropped.

import { clock } from "../page/clock.js";
import { counted } from "../page/text.js";
import { filterText } from "./filter.js";
import { Gaps, gapText } from "./gaps.js";

export class Marks {
  #rows;
  #gaps = new Gaps((...gap) => this.#markGap(...gap));
  #gapMark;
  #isGapOver = true;
  #filter;
  #filterMark;
  #isFilterLive = false;

  /** @param {import("./event-rows.js").EventRows} rows  to which the marks are added */
  constructor(rows) { this.#rows = rows; }

  /** Receives the next status of the stream. */
  status(status) {
    this.#gaps.status(status);
    if (!this.#filterMark || this.#isFilterLive) return;
    if (status.state === "live") {
      this.#isFilterLive = true;
      this.#markFilter(`received from ${clock(new Date())} on`);
    } else if (status.state === "refused") {
      this.#markFilter("refused: nothing is received");
    }
  }

  /** Another stream begins. Earlier events were received with another filter. */
  changeFilter(filter) {
    this.#gaps.changeStream();
    const isFirst = this.#filter === undefined;
    this.#filter = filter;
    if (isFirst) return;
    // Marks without events between them are merged.
    if (this.#isFilterLive && !this.#rows.isLast(this.#filterMark)) this.#filterMark = undefined;
    this.#isFilterLive = false;
    this.#markFilter("connecting…");
  }

  /** Receives a report of dropped events. */
  dropped(count) {
    const words = `${counted(count, "event")} ${count === 1 ? "was" : "were"} dropped here: this page was too slow`;
    this.#mark("LOST", words, { dropped: count });
  }

  /** Receives a reset: the gateway cannot say what is missing. */
  reset({ cause }) {
    if (this.#gaps.reset({ cause })) return;
    const reason = cause === "upstream-lost" ? "the Directory behind the gateway was away" : cause ?? "the gateway does not say why";
    this.#mark("LOST", `Events may be missing here: ${reason}`, { reset: { cause } });
  }

  #mark(mark, text, data, old) { return this.#rows.replace(old, { mark, time: new Date(), text, data }); }

  #markFilter(words) {
    const given = Object.fromEntries(Object.entries(this.#filter).filter(([, list]) => list.length));
    const text = `Filter changed: ${filterText(this.#filter)} (${words})`;
    this.#filterMark = this.#mark("FILTER", text, { filter: given }, this.#filterMark);
  }

  #markGap(from, until, isResumed) {
    const data = { disconnected: { from: from.toISOString(), until: until?.toISOString(), resumed: isResumed } };
    const isNew = !until && this.#isGapOver;
    const mark = this.#mark("DISCONNECTED", gapText(from, until, isResumed), data, isNew ? undefined : this.#gapMark);
    mark.time = from;
    this.#isGapOver = Boolean(until);
    this.#gapMark = mark;
  }
}
