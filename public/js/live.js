// The live view: filter, chart, list.

import { EVENT_TYPES, streamAddress, subscribe } from "../directory-events.js";
import { Chart } from "./chart.js";
import { clock, copyButton, download, facts, icon, make, one, shortened } from "./dom.js";
import { Suggestions } from "./suggestions.js";
import { VirtualList } from "./virtual-list.js";

const KINDS = ["types", "labels", "cids"];
const MOST_ROWS = 10000;
const ROW = 36;

export class LiveView {
  #form = one("#filter");
  #list = new VirtualList(one("#events"), ROW, drawRow);
  #chart = new Chart();
  #suggestions = new Suggestions();
  #chips = new Map();
  #totals = new Map();
  #rows = [];
  #held = [];
  #discarded = 0;
  #isPaused = false;
  #new = 0;
  #isScheduled = false;
  #subscription;
  #address;
  #onStatus;
  /** Of the address bar: the gateway says what is wrong with them. */
  #unknownTypes = [];

  #onDropped;

  /**
   * @param {(status: object) => void} onStatus
   * @param {(count: number) => void} onDropped
   */
  constructor(onStatus, onDropped) {
    this.#onStatus = onStatus;
    this.#onDropped = onDropped;
    for (const type of EVENT_TYPES) this.#addChip(type);
    this.#form.addEventListener("submit", (submission) => {
      submission.preventDefault();
      this.#apply();
    });
    one("#reset").addEventListener("click", () => {
      for (const kind of ["labels", "cids"]) this.#form.elements[kind].value = "";
      for (const chip of this.#chips.values()) chip.setAttribute("aria-pressed", "false");
      this.#unknownTypes = [];
      this.#apply();
    });
    one("#pause").addEventListener("click", () => this.#pause());
    one("#clear").addEventListener("click", () => {
      [this.#rows, this.#held, this.#new] = [[], [], 0];
      this.#refresh();
    });
    one("#search").addEventListener("input", () => this.#refresh());
    one("#export").addEventListener("click", () => this.#export());
    addEventListener("popstate", () => this.#readAddress());
    this.#readAddress();
  }

  /** The filter as it stands in the form. */
  get filter() {
    const items = (kind) => this.#form.elements[kind].value.split(",").map((item) => item.trim()).filter(Boolean);
    const types = EVENT_TYPES.filter((type) => this.#chips.get(type).getAttribute("aria-pressed") === "true");
    return { types: [...types, ...this.#unknownTypes], labels: items("labels"), cids: items("cids") };
  }

  #addChip(type) {
    const number = make("span", { class: "number" }, "0");
    const chip = make("button", {
      type: "button", class: "chip", "aria-pressed": "false",
      onclick: () => {
        chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
        this.#unknownTypes = [];
        this.#apply();
      },
    }, icon(type), type, number);
    chip.style.setProperty("--own", `var(--${type})`);
    this.#chips.set(type, chip);
    this.#totals.set(type, { count: 0, number });
    one("#types").append(chip);
  }

  // The filter lives in the address bar: a link can be shared, and the back button works.
  #apply() {
    const address = streamAddress(this.filter);
    const start = address.indexOf("?");
    const target = (start < 0 ? location.pathname : address.slice(start)) + location.hash;
    if (target !== location.search + location.hash && target !== location.pathname + location.search + location.hash) {
      history.pushState(null, "", target);
    }
    this.#listen();
  }

  #readAddress() {
    // A plus sign is a plus sign here; URLSearchParams would make it a blank.
    const given = new URLSearchParams(location.search.replaceAll("+", "%2B"));
    const list = (kind) => given.getAll(kind).join(",").split(",").map((item) => item.trim()).filter(Boolean);
    const types = list("types").map((type) => type.replace(/^EVENT_TYPE_/, ""));
    for (const [type, chip] of this.#chips) chip.setAttribute("aria-pressed", String(types.includes(type)));
    this.#unknownTypes = types.filter((type) => !this.#chips.has(type));
    for (const kind of KINDS.slice(1)) this.#form.elements[kind].value = list(kind).join(", ");
    this.#listen();
  }

  #listen() {
    const address = streamAddress(this.filter);
    if (address === this.#address) return;
    this.#address = address;
    one("#curl").textContent = `curl -N ${quoted(location.origin + address)}`;
    const flags = KINDS.filter((kind) => this.filter[kind].length).map((kind) => ` --${kind} ${quoted(this.filter[kind].join(","))}`);
    one("#dirctl").textContent = `dirctl events listen --server-addr ${location.origin}${flags.join("")}`;
    this.#subscription?.close();
    this.#subscription = subscribe(this.filter, {
      onEvent: (event) => this.#add(event),
      onStatus: (status) => { if (status.state !== "closed") this.#onStatus(status); },
      onDropped: (count) => {
        this.#onDropped(count);
        this.#add({
          type: "LOST", time: new Date(), resourceId: "", metadata: {},
          labels: [`${count} event${count === 1 ? " was" : "s were"} lost: this page could not keep up`],
        });
      },
    });
  }

  #add(event) {
    const total = this.#totals.get(event.type);
    if (total) {
      total.count += 1;
      this.#chart.add(event.type);
      this.#suggestions.seen(event);
    }
    if (this.#isPaused) {
      this.#held.push(event);
      this.#discarded += trim(this.#held);
    } else {
      this.#rows.push(event);
      this.#new += 1;
      // Here too, because a tab in the background draws nothing.
      trim(this.#rows);
    }
    this.#schedule();
  }

  // One drawing a frame, however many events have come.
  #schedule() {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      this.#refresh();
    });
  }

  get #shown() {
    const wanted = one("#search").value.trim().toLowerCase();
    const rows = wanted ? this.#rows.filter((event) => text(event).includes(wanted)) : this.#rows;
    return rows.toReversed();
  }

  #refresh() {
    trim(this.#rows, 0);
    const shown = this.#shown;
    this.#list.show(shown, one("#search").value.trim() ? 0 : this.#new);
    this.#new = 0;
    for (const { count, number } of this.#totals.values()) number.textContent = count.toLocaleString();
    one("#count").textContent = shown.length.toLocaleString();
    one("#empty").hidden = shown.length > 0;
    one("#events").hidden = shown.length === 0;
    one("#pause").textContent = this.#isPaused ? `Resume (${this.#held.length.toLocaleString()}${this.#discarded ? `, ${this.#discarded.toLocaleString()} older let go` : ""})` : "Pause";
  }

  #pause() {
    this.#isPaused = !this.#isPaused;
    one("#pause").setAttribute("aria-pressed", String(this.#isPaused));
    if (!this.#isPaused) {
      this.#rows.push(...this.#held);
      this.#new += this.#held.length;
      [this.#held, this.#discarded] = [[], 0];
    }
    this.#refresh();
  }

  #export() {
    const lines = this.#shown.toReversed().filter((event) => event.id).map((event) => JSON.stringify({
      id: event.id, type: `EVENT_TYPE_${event.type}`, timestamp: event.time.toISOString(),
      resource_id: event.resourceId, labels: event.labels, metadata: event.metadata,
    }));
    download("events.jsonl", lines.map((line) => `${line}\n`).join(""), "application/x-ndjson");
  }
}

const SLACK = 1000;

/** Lets go of the oldest events, some at a time. */
function trim(events, slack = SLACK) {
  const surplus = events.length - MOST_ROWS;
  if (surplus <= slack) return 0;
  events.splice(0, surplus);
  return surplus;
}

const quoted = (value) => `'${value.replaceAll("'", "'\\''")}'`;

function text(event) {
  event.text ??= `${event.type} ${event.resourceId} ${facts(event)}`.toLowerCase();
  return event.text;
}

function drawRow(event) {
  const time = make("time", { datetime: event.time.toISOString(), title: event.time.toLocaleString() },
    clock(event.time));
  const type = make("span", { class: "type" }, icon(event.type), event.type);
  type.style.color = `var(--${event.type})`;
  const isRecord = event.resourceId.startsWith("bae");
  const resource = make("span", { class: "resource" },
    event.resourceId && (isRecord && event.type !== "RECORD_DELETED"
      ? make("a", { href: `#records/${encodeURIComponent(event.resourceId)}`, title: event.resourceId }, shortened(event.resourceId))
      : make("span", { class: "mono", title: event.resourceId }, shortened(event.resourceId))),
    event.resourceId && copyButton(event.resourceId, "the id"));
  const words = facts(event);
  return make("div", { class: "row", role: "listitem", "data-type": event.type }, time, type, resource,
    make("span", { class: "details", title: words }, words));
}
