// The live view: filter, chart, list.

import { streamAddress, subscribe } from "../directory-events.js";
import { Chart } from "./chart.js";
import { download, one } from "./dom.js";
import { drawRow } from "./event-row.js";
import { EventRows, exported } from "./event-rows.js";
import { FilterForm, filterText } from "./filter-form.js";
import { Gaps, gapText } from "./gaps.js";
import { Suggestions } from "./suggestions.js";
import { clock, quoted } from "./text.js";
import { VirtualList } from "./virtual-list.js";

const ROW = 36;

export class LiveView {
  #form = new FilterForm(() => this.#listen());
  #list = new VirtualList(one("#events"), ROW, drawRow);
  #chart = new Chart();
  #suggestions = new Suggestions();
  #rows = new EventRows();
  #gaps = new Gaps((from, until) => this.#markGap(from, until));
  #gapMark;
  #filterMark;
  #isFilterLive = false;
  #isScheduled = false;
  #subscription;
  #filter;
  #address;
  #state;
  #onStatus;
  #onDropped;

  /**
   * @param {(status: object) => void} onStatus
   * @param {(count: number) => void} onDropped
   */
  constructor(onStatus, onDropped) {
    this.#onStatus = onStatus;
    this.#onDropped = onDropped;
    one("#pause").addEventListener("click", () => this.#pause());
    one("#clear").addEventListener("click", () => {
      this.#rows.clear();
      this.#refresh();
    });
    one("#search").addEventListener("input", () => this.#refresh());
    one("#export").addEventListener("click", () => {
      download("events.jsonl", exported(this.#shown.reverse()), "application/x-ndjson");
    });
    this.#listen();
  }

  #listen() {
    const filter = this.#form.filter;
    const address = streamAddress(filter);
    if (address === this.#address) return;
    const isFirst = this.#address === undefined;
    [this.#address, this.#filter] = [address, filter];
    this.#showCommands();
    this.#subscription?.close();
    this.#gaps.changeStream();
    if (!isFirst) this.#beginFilter();
    this.#subscription = subscribe(filter, {
      onEvent: (event) => this.#add(event, filter),
      onStatus: (status) => this.#status(status),
      onDropped: (count) => {
        this.#onDropped(count);
        this.#mark("LOST", `${count.toLocaleString()} event${count === 1 ? " was" : "s were"} dropped here: this page was too slow`,
          { dropped: count });
      },
    });
  }

  #showCommands() {
    one("#curl").textContent = `curl -N ${quoted(location.origin + this.#address)}`;
    const flags = Object.entries(this.#filter).filter(([, items]) => items.length)
      .map(([kind, items]) => ` --${kind} ${quoted(items.join(","))}`);
    one("#dirctl").textContent = `dirctl events listen --server-addr ${location.origin}${flags.join("")}`;
  }

  #status(status) {
    if (status.state === "closed") return;
    this.#state = status.state;
    this.#gaps.status(status);
    if (status.state === "live" && this.#filterMark && !this.#isFilterLive) {
      this.#isFilterLive = true;
      this.#markFilter(`received from ${clock(new Date())} on`);
    }
    if (status.state === "refused" && !this.#isFilterLive && this.#filterMark) this.#markFilter("refused: nothing is received");
    this.#schedule();
    this.#onStatus(status);
  }

  #add(event, filter) {
    // Not matched again while the filter is the same.
    event.filter = filter;
    this.#form.count(event.type);
    this.#chart.add(event.type);
    this.#suggestions.seen(event);
    this.#rows.add(event);
    this.#schedule();
  }

  #mark(mark, text, data, old) {
    this.#schedule();
    return this.#rows.replace(old, { mark, time: new Date(), text, data });
  }

  // Earlier events were received with another filter: those that do not match the new one are hidden.
  #beginFilter() {
    // Marks without events between them are merged.
    if (this.#isFilterLive && !this.#rows.isLast(this.#filterMark)) this.#filterMark = undefined;
    this.#isFilterLive = false;
    this.#markFilter("connecting…");
  }

  #markFilter(words) {
    const text = `Filter changed: ${filterText(this.#filter)} (${words})`;
    this.#filterMark = this.#mark("FILTER", text, { filter: this.#filter }, this.#filterMark);
  }

  #markGap(from, until) {
    const data = { disconnected: { from: from.toISOString(), until: until?.toISOString() } };
    const mark = this.#mark("DISCONNECTED", gapText(from, until), data, this.#gapMark);
    mark.time = from;
    this.#gapMark = until ? undefined : mark;
  }

  // Draws once per frame, for any number of events.
  #schedule() {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      this.#refresh();
    });
  }

  get #wanted() { return one("#search").value.trim().toLowerCase(); }
  get #shown() { return this.#rows.shown(this.#filter, this.#wanted); }

  #refresh() {
    const shown = this.#shown;
    const added = this.#rows.takeAdded();
    this.#list.show(shown, this.#wanted ? 0 : added);
    this.#form.showTotals();
    one("#count").textContent = shown.filter((row) => !row.mark).length.toLocaleString();
    one("#empty").hidden = shown.length > 0;
    one("#empty").textContent = this.#emptyText;
    one("#events").hidden = shown.length === 0;
    const { held, discarded, isPaused } = this.#rows;
    one("#pause").textContent = isPaused
      ? `Resume (${held.toLocaleString()}${discarded ? `, ${discarded.toLocaleString()} older discarded` : ""})` : "Pause";
  }

  get #emptyText() {
    if (this.#wanted) return "No received event matches the search.";
    if (this.#state === "live") return "No events yet. Push a record, and its event appears here at once.";
    return this.#state === "connecting" ? "Connecting…" : "Not connected: no events are received.";
  }

  #pause() {
    this.#rows.pause(!this.#rows.isPaused);
    one("#pause").setAttribute("aria-pressed", String(this.#rows.isPaused));
    this.#refresh();
  }
}
