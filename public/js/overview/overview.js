// The overview: is the gateway well?

import { Chart } from "../chart/chart.js";
import { EventBins, total } from "../chart/event-bins.js";
import { RECORD_CHANGES } from "../gateway/event-types.js";
import { Following } from "../gateway/following.js";
import { recordNames } from "../gateway/names.js";
import { report } from "../page/away.js";
import { duration, moment } from "../page/clock.js";
import { one, write } from "../page/dom.js";
import { Poll } from "../page/poll.js";
import { Sources } from "./sources.js";
import { showTiles } from "./tiles.js";
import { showTopLabels } from "./top-labels.js";
import { TypeTable } from "./type-table.js";

const INTERVAL = 5000;

export class OverviewView {
  #bins = new EventBins();
  #chart = new Chart(one("#overview-chart"), this.#bins);
  #types = new TypeTable(this.#bins);
  #sources = new Sources();
  #poll = new Poll((isCurrent) => this.#refresh(isCurrent), INTERVAL);
  #following = new Following("overview", {
    onEvent: (event) => {
      this.#bins.addLive(event);
      this.#chart.update();
      recordNames.seen(event);
      if (RECORD_CHANGES.has(event.type)) this.#sources.recordsChanged();
    },
    onDropped: (count) => {
      this.#sources.live.dropped += count;
      this.#sources.recordsChanged();
    },
    onStatus: ({ state }) => { if (state === "live" && !this.#sources.isReached) this.#poll.start(); },
  });

  show() {
    this.#following.start();
    this.#poll.start();
  }

  hide() {
    this.#following.stop();
    this.#poll.stop();
    report("overview");
  }

  /** Adds events from before the page was opened. */
  addBefore(events) {
    for (const event of events) this.#bins.add(event);
    this.#chart.update();
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
