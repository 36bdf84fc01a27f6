// The live view: filter, chart, list, and the drawer of one event.

import { subscribe } from "../../directory-events.js";
import { Chart } from "../chart/chart.js";
import { EventBins } from "../chart/event-bins.js";
import { isOfRecord } from "../gateway/event-types.js";
import { recordNames } from "../gateway/names.js";
import { clock } from "../page/clock.js";
import { download, one, say, write } from "../page/dom.js";
import { closeMenu } from "../page/menus.js";
import { go, hashOf, parameters } from "../page/router.js";
import { VirtualList } from "../page/virtual-list.js";
import { Drawer } from "./drawer.js";
import { drawRow } from "./event-row.js";
import { EventRows, exported } from "./event-rows.js";
import { filterAddress, filterQuery, passes, readFilter, streamFilter } from "./filter.js";
import { FilterForm } from "./filter-form.js";
import { showTokens } from "./filter-tokens.js";
import { Marks } from "./marks.js";
import { SavedFilters } from "./saved-filters.js";
import { Suggestions } from "./suggestions.js";
import { showCommands } from "./terminal.js";

/** The height of a row, as in `live.css`: on a small screen it has two lines. */
const small = matchMedia("(max-width: 760px)");
const height = () => (small.matches ? 54 : 28);

/** How many rows are searched by name without being shown. */
const MOST_NAMES = 300;

export class LiveView {
  #rows = new EventRows();
  #marks = new Marks(this.#rows);
  #bins = new EventBins();
  #form = new FilterForm((filter) => this.#choose(filter));
  #saved = new SavedFilters((filter) => this.#choose(filter));
  #list = new VirtualList(one("#events"), height,
    (row) => drawRow(row, (event) => this.#toggle(event), row === this.#drawer.event));
  #chart = new Chart(one("#live-chart"), this.#bins, (selected) => this.#select(selected));
  #drawer = new Drawer({
    around: (event) => this.#rows.around(event, 3), onOpen: (event) => this.open(event),
    onClose: () => this.close(), onFilter: (change) => this.#choose(change(this.#filter)),
  });
  #suggestions = new Suggestions();
  #isScheduled = false;
  #subscription;
  #filter;
  #address;
  #selected;
  #state;
  #report;

  /** @param {{onStatus: (status: object) => void, onDropped: (count: number) => void}} report */
  constructor(report) {
    this.#report = report;
    one("#pause").addEventListener("click", () => this.pause());
    one("#clear").addEventListener("click", () => this.#clear());
    one("#search").addEventListener("input", () => this.#writeAddress(this.#filter, false));
    one("#export").addEventListener("click", () => this.#export());
    small.addEventListener("change", () => this.#refresh());
    recordNames.onNamed((cids) => {
      this.#list.redraw((row) => cids.has(row.resourceId) || cids.has(row.metadata?.record_cid));
      this.#drawer.redraw();
      if (this.#wanted) this.#schedule();
    });
    addEventListener("addresschange", () => this.#readAddress());
    this.#readAddress();
  }

  /** Shows the view, with an event open if one is named. */
  show(id) {
    const event = id && this.#rows.find(id);
    const before = this.#drawer.event;
    if (id && !event) say("This event is not in the list.");
    if (event) this.#drawer.open(event);
    else this.#drawer.close();
    if (before === this.#drawer.event) return;
    this.#list.redraw((row) => row === before || row === event);
    if (event) this.#list.reveal(event);
    else if (before) this.#list.focus(before);
  }

  hide() { closeMenu(); }

  openFilter() {
    one("#filter-menu").open = true;
    one("#filter-menu button").focus();
  }

  /** Opens the drawer; the back button closes it. */
  open(event) { go(hashOf("live", event.id), !this.#drawer.event); }

  close() { if (this.#drawer.event) go("#live"); }

  #toggle(event) { if (this.#drawer.event === event) this.close(); else this.open(event); }

  /** Opens the next newer or older event that is shown. */
  step(by) {
    const events = this.#shown.filter((row) => !row.mark);
    const index = events.indexOf(this.#drawer.event);
    const next = index < 0 ? events[0] : events[index + by];
    if (next) this.open(next);
  }

  /** Adds events from before the page was opened. */
  addBefore(events) {
    const mark = { mark: "BEFORE", time: new Date(), text: "This page was opened here: what is below happened before" };
    for (const event of this.#rows.addBefore(events, mark)) {
      if (passes(this.#filter, event)) this.#bins.add(event);
      this.#suggestions.seen(event);
    }
    this.#schedule();
  }

  /** Pauses or resumes the list. */
  pause() {
    this.#rows.pause(!this.#rows.isPaused);
    one("#pause").setAttribute("aria-pressed", String(this.#rows.isPaused));
    this.#refresh();
  }

  #choose(filter) { this.#writeAddress(filter, true); }

  // So a link can be shared, and the back button works.
  #writeAddress(filter, isNew) {
    const find = one("#search").value.trim();
    const query = [filterQuery(filter), find && `find=${encodeURIComponent(find)}`].filter(Boolean).join("&");
    go(`${location.pathname}${query && `?${query}`}${location.hash || "#live"}`, isNew);
    this.#refresh();
  }

  #readAddress() {
    const filter = readFilter(location.search);
    const find = parameters(location.search).get("find") ?? "";
    if (one("#search").value.trim() !== find) one("#search").value = find;
    if (this.#filter && filterQuery(filter) === filterQuery(this.#filter)) return this.#schedule();
    this.#filter = filter;
    this.#form.show(filter);
    this.#saved.used(filter);
    this.#showTokens();
    showCommands(filter);
    this.#listen();
    this.#recount();
    this.#schedule();
  }

  #listen() {
    const address = filterAddress(this.#filter);
    // What is excluded on this page needs no other stream.
    if (address === this.#address) return;
    this.#address = address;
    this.#subscription?.close();
    this.#marks.changeFilter(this.#filter);
    this.#subscription = subscribe(streamFilter(this.#filter), {
      onEvent: (event) => this.#add(event),
      onStatus: (status) => this.#status(status),
      onDropped: (count) => {
        this.#report.onDropped(count);
        this.#marks.dropped(count);
        this.#schedule();
      },
      onReset: (reset) => {
        this.#marks.reset(reset);
        this.#schedule();
      },
    });
  }

  #status(status) {
    if (status.state === "closed") return;
    this.#state = status.state;
    this.#marks.status(status);
    this.#schedule();
    this.#report.onStatus(status);
  }

  #add(event) {
    recordNames.seen(event);
    this.#suggestions.seen(event);
    if (passes(this.#filter, event)) {
      // Not matched again while the filter is the same.
      event.filter = this.#filter;
      this.#form.count(event.type);
      this.#bins.addLive(event);
    }
    this.#rows.add(event);
    this.#schedule();
  }

  // The chart is of the events that pass the filter.
  #recount() {
    this.#bins.clear();
    for (const event of this.#rows.events) if (passes(this.#filter, event)) this.#bins.add(event);
    this.#chart.update();
  }

  #select(selected) {
    this.#selected = selected;
    this.#showTokens();
    this.#refresh();
  }

  #showTokens() {
    const { from, until } = this.#selected ?? {};
    const words = `${clock(new Date(from * 1000))} – ${clock(new Date(until * 1000))}`;
    const more = this.#selected ? [{ words, remove: () => this.#chart.clearSelection() }] : [];
    showTokens(this.#filter, more, (filter) => this.#choose(filter));
  }

  #clear() {
    closeMenu();
    this.#rows.clear();
    this.#bins.clear();
    this.close();
    this.#refresh();
  }

  #export() {
    closeMenu();
    const time = new Date().toISOString().replace(/[:.]/g, "-");
    download(`events-${time}.jsonl`, exported(this.#shown.reverse()), "application/x-ndjson");
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
  get #shown() { return this.#rows.shown(this.#filter, this.#wanted, this.#selected); }

  // The search also finds names: those of the newest rows are asked for, also if the rows are not shown.
  #wantNames() {
    if (!this.#wanted) return;
    for (const { type, resourceId } of this.#rows.events.slice(-MOST_NAMES)) {
      if (isOfRecord(type)) recordNames.want(resourceId);
    }
  }

  #refresh() {
    this.#wantNames();
    const shown = this.#shown;
    const added = this.#rows.takeAdded();
    this.#list.show(shown, this.#wanted || this.#selected ? 0 : added);
    this.#form.showTotals();
    this.#chart.update();
    write(one("#count"), shown.filter((row) => !row.mark).length.toLocaleString());
    one("#empty").hidden = shown.length > 0;
    write(one("#empty"), this.#emptyText);
    one("#events").hidden = shown.length === 0;
    const { held, discarded, isPaused } = this.#rows;
    write(one("#pause"), isPaused
      ? `Resume (${held.toLocaleString()}${discarded ? `, ${discarded.toLocaleString()} older discarded` : ""})` : "Pause");
  }

  get #emptyText() {
    if (this.#selected) return "No received event is in the selected time.";
    if (this.#wanted) return "No received event matches the search.";
    if (this.#state === "live") {
      const isAll = filterQuery(this.#filter) === "";
      const next = isAll ? "Push a record, and its event appears" : "An event that matches the filter appears";
      return `No events yet. ${next} here at once.`;
    }
    return this.#state === "connecting" ? "Connecting…" : "Not connected: no events are received.";
  }
}
