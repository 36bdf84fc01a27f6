// The overview: is the gateway well?

import { Chart } from "../chart/chart.js";
import { EventBins, total } from "../chart/event-bins.js";
import { RECORD_CHANGES } from "../gateway/event-types.js";
import { Following } from "../gateway/following.js";
import { recordNames } from "../gateway/names.js";
import { recentEvents } from "../gateway/recent.js";
import { report } from "../page/away.js";
import { duration, moment } from "../page/clock.js";
import { one, write } from "../page/dom.js";
import { Poll } from "../page/poll.js";
import { Sources } from "./sources.js";
import { showTiles } from "./tiles.js";
import { showTopLabels } from "./top-labels.js";
import { TypeTable } from "./type-table.js";

const INTERVAL = 5000;
/** How many events are remembered, so that none is counted twice. */
const REMEMBERED = 5000;

export class OverviewView {
  #bins = new EventBins();
  #chart = new Chart(one("#overview-chart"), this.#bins);
  #types = new TypeTable(this.#bins);
  #sources = new Sources();
  #counted = new Set();
  #poll = new Poll((isCurrent) => this.#refresh(isCurrent), INTERVAL);
  #following = new Following("overview", {
    onEvent: (event) => {
      if (!this.#isNew(event)) return;
      this.#bins.addLive(event);
      this.#chart.update();
      recordNames.seen(event);
      if (RECORD_CHANGES.has(event.type)) this.#sources.recordsChanged();
    },
    onDropped: (count) => {
      this.#sources.live.dropped += count;
      this.#sources.recordsChanged();
    },
    onStatus: ({ state }) => {
      if (state !== "live") return;
      if (!this.#sources.isReached) this.#poll.start();
      // Once the stream is live: none is missing between.
      recentEvents().then((events) => this.#addBefore(events));
    },
  });

  show() {
    this.#following.start();
    this.#poll.start();
  }

  /** The events are counted on, so that none is missing when the view is shown again. */
  hide() {
    this.#poll.stop();
    report("overview");
  }

  /** Adds events from before the stream began. */
  #addBefore(events) {
    for (const event of events) if (this.#isNew(event)) this.#bins.add(event);
    this.#chart.update();
    this.#types.show(this.#sources.metrics);
  }

  /** Returns whether an event was not counted yet, and remembers it. */
  #isNew({ id }) {
    if (this.#counted.has(id)) return false;
    this.#counted.add(id);
    if (this.#counted.size > REMEMBERED) this.#counted.delete(this.#counted.values().next().value);
    return true;
  }

  async #refresh(isCurrent) {
    await this.#sources.read();
    if (!isCurrent()) return;
    const sources = this.#sources;
    const now = Math.floor(this.#bins.now / 1000);
    sources.live.speed = total(this.#bins.counts(now - 10, now)) / 10;
    report("overview", sources.isReached ? undefined : "the gateway cannot be reached");
    this.#showHealth();
    if (sources.listing) recordNames.add(sources.listing.records);
    showTiles(sources);
    this.#types.show(sources.metrics);
    showTopLabels(sources.listing, sources.reasons.listing && `Not shown: ${sources.reasons.listing}.`);
  }

  #showHealth() {
    const { ready, reasons, metrics, isReached } = this.#sources;
    const health = one("#health");
    const say = (state, words) => {
      health.dataset.health = state;
      write(health, words);
    };
    if (!isReached) say("away", "Cannot be reached. What is below was known last.");
    else if (!ready) say("unknown", `Running; readiness: ${reasons.ready ?? "not known"}`);
    else if (ready.isReady) say("ready", "Ready");
    else say("unready", `Not ready: ${ready.reasons.join("; ")}`);
    const version = metrics?.now.all("build_info")[0]?.labels.version;
    const start = metrics?.now.first("process_start_time_seconds", "start_time_seconds");
    const up = start && `up for ${duration(Date.now() - start * 1000)}`;
    const words = [version && `version ${version}`, up].filter(Boolean).join(", ");
    write(one("#about"), words || (reasons.metrics ? `Metrics: ${reasons.metrics}` : ""));
    one("#about").title = start ? `since ${moment(new Date(start * 1000))}` : "";
  }
}
