// What the overview is made of. Each source may be missing, or forbidden to this user: the others are
// shown without it.

import { operations } from "../../directory-events.js";
import { Metrics } from "../gateway/metrics.js";
import { routes } from "../gateway/routes.js";
import { MetricWindow } from "./metric-window.js";

/** The listing is the largest of the sources: it is read when records change, and not more often. */
const LISTING_PAUSE = 10000;

const REASONS = { 401: "not allowed for you", 403: "not allowed for you", 404: "not offered by this gateway" };

export class Sources {
  /** @type {MetricWindow | undefined} */
  metrics;
  listing;
  subscribers;
  syncs;
  webhooks;
  ready;
  /** Why a source is missing, by its name. */
  reasons = {};
  /** What this page has received: events per second, and how many were dropped for it. */
  live = { speed: 0, dropped: 0 };
  /** Whether the gateway has responded to anything. */
  isReached = false;

  #window = new MetricWindow();
  #listedAt = -Infinity;
  #isListingStale = true;

  /** The records have changed. */
  recordsChanged() { this.#isListingStale = true; }

  /** Reads all sources. */
  async read() {
    this.isReached = false;
    await Promise.all([
      this.#take("metrics", async () => {
        this.#window.add(new Metrics(await operations.metrics()));
        return this.#window;
      }),
      this.#take("ready", readiness),
      this.#take("subscribers", async () => (await operations.subscribers()).subscribers),
      this.#take("syncs", () => operations.syncs({ limit: 100 })),
      this.#take("webhooks", async () => {
        const hasWebhooks = (await routes()).has("/webhooks");
        return hasWebhooks ? JSON.parse(await operations.text("/webhooks")) : undefined;
      }),
      this.#list(),
    ]);
  }

  async #list() {
    const now = performance.now();
    if (this.listing && !(this.#isListingStale && now - this.#listedAt > LISTING_PAUSE)) return;
    this.#listedAt = now;
    this.#isListingStale = false;
    await this.#take("listing", () => operations.records({ limit: 1000 }));
    if (this.reasons.listing) this.#isListingStale = true;
  }

  async #take(name, read) {
    try {
      const value = await read();
      this.isReached = this.isReached || value !== undefined;
      this[name] = value;
      delete this.reasons[name];
    } catch (error) {
      const isAway = error.name === "TypeError";
      this.isReached = this.isReached || !isAway;
      // While the gateway is away, what was known last stays, and the banner says so.
      if (!isAway) this[name] = undefined;
      this.reasons[name] = isAway ? "the gateway cannot be reached" : REASONS[error.status] ?? error.message;
    }
  }
}

/** Returns whether the gateway is ready, and why not. */
async function readiness() {
  const response = await fetch("readyz");
  if (response.ok) return { isReady: true, reasons: [] };
  const problem = await response.json().catch(() => ({}));
  if (response.status === 503) return { isReady: false, reasons: problem.reasons ?? [problem.detail ?? "not ready"] };
  throw Object.assign(new Error(problem.detail ?? "not known"), { status: response.status });
}
