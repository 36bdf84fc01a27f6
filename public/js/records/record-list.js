// The list of records: its pages stay open when it is reloaded.

import { Metrics } from "../gateway/metrics.js";
import { recordNames } from "../gateway/names.js";
import { operations } from "../../directory-events.js";
import { attempt } from "../page/attempt.js";
import { timeElement } from "../page/clock.js";
import { copyButton, make, one, write } from "../page/dom.js";
import { Refresher } from "../page/refresher.js";
import { counted, shortened, size } from "../page/text.js";
import { found } from "./record-search.js";

const PAGE = 50;
const LARGEST_PAGE = 1000;

export class RecordList {
  #list = one("#record-list");
  #refresher = new Refresher(() => this.#load());
  #filter;
  #wanted = PAGE;
  #open;
  #onOpen;
  /** The element of each record with its data, by cid. */
  #drawn = new Map();
  /** Whether the shown data may be out of date because loading failed. */
  isStale = true;

  /** @param {(cid: string) => void} onOpen */
  constructor(onOpen) {
    this.#onOpen = onOpen;
    one("#more-records").addEventListener("click", () => {
      this.#wanted += PAGE;
      this.refresh();
    });
  }

  /** Shows the records that match a search; returns whether it is another one. */
  search(filter) {
    if (JSON.stringify(filter) === JSON.stringify(this.#filter)) return false;
    [this.#filter, this.#wanted] = [filter, PAGE];
    this.refresh();
    return true;
  }

  /** Reloads all open pages. */
  refresh() { return this.#refresher.refresh(); }

  /** Marks the record that is open. */
  mark(cid) {
    this.#open = cid;
    for (const [key, { element }] of this.#drawn) element.classList.toggle("open", key === cid);
  }

  /** Moves the focus back to a record. */
  focus(cid) { this.#drawn.get(cid)?.element.querySelector(".title").focus({ preventScroll: true }); }

  async #load() {
    const filter = this.#filter;
    const page = await attempt(() => pages(filter, this.#wanted), () => { this.isStale = true; },
      (error) => this.#showRefusal(error));
    // The search has changed since.
    if (!page || filter !== this.#filter) return;
    this.isStale = false;
    recordNames.add(page.records);
    this.#draw(page.records);
    one("#more-records").hidden = !page.next;
    one("#no-records").hidden = page.records.length > 0;
    const isAll = Object.keys(filter).length === 0;
    write(one("#no-records"), isAll ? "No records yet. Push one, and it appears here at once." : "No matching records.");
    write(one("#record-total"), await this.#total(page));
  }

  #showRefusal({ message }) {
    this.#draw([]);
    one("#more-records").hidden = true;
    one("#no-records").hidden = false;
    write(one("#no-records"), `Not shown: ${message}`);
    write(one("#record-total"), "");
  }

  // What the gateway says of the whole; else what is known from the pages.
  async #total({ records, next, total }) {
    const shown = records.length;
    if (total !== undefined) return `${shown.toLocaleString()} of ${counted(total, "record")}`;
    if (!next) return counted(shown, "record");
    const isAll = Object.keys(this.#filter).length === 0;
    const text = isAll ? await operations.metrics().catch(() => "") : "";
    const stored = new Metrics(text).sum("records");
    return stored === undefined
      ? `the newest ${counted(shown, "record")}` : `${shown.toLocaleString()} of ${counted(stored, "record")}`;
  }

  // Unchanged elements stay in the document and keep the focus.
  #draw(records) {
    const focus = this.#focus();
    const kept = new Map();
    for (const record of records) {
      const key = JSON.stringify(record);
      const known = this.#drawn.get(record.cid);
      kept.set(record.cid, known?.key === key ? known : { key, element: this.#item(record) });
    }
    for (const [cid, { element }] of this.#drawn) {
      if (kept.get(cid)?.element !== element) element.remove();
    }
    let next = this.#list.firstChild;
    for (const { element } of kept.values()) {
      if (element === next) next = next.nextSibling;
      else this.#list.insertBefore(element, next);
    }
    this.#drawn = kept;
    if (focus && !focus.button.isConnected) {
      kept.get(focus.cid)?.element.querySelectorAll("button")[focus.index]?.focus({ preventScroll: true });
    }
  }

  #focus() {
    const button = document.activeElement;
    const item = this.#list.contains(button) ? button.closest("li") : undefined;
    return item && { cid: item.dataset.cid, button, index: [...item.querySelectorAll("button")].indexOf(button) };
  }

  #item(record) {
    const isFresh = this.#drawn.size > 0;
    const facts = [
      record.published ? "published" : "not published",
      record.signatures ? counted(record.signatures, "signature") : "not signed", size(record.size),
    ];
    const classes = [record.cid === this.#open && "open", isFresh && "changed"].filter(Boolean).join(" ");
    return make("li", { "data-cid": record.cid, class: classes || undefined },
      make("div", { class: "bar" },
        make("button", { type: "button", class: "title", onclick: () => this.#onOpen(record.cid) },
          make("bdi", {}, record.name), " ", make("bdi", {}, record.version)),
        record.published && make("span", { class: "badge good" }, "published")),
      make("span", { class: "tags" }, ...record.labels.slice(0, 3).map((label) => make("bdi", { class: "tag" }, label)),
        record.labels.length > 3 && make("span", { class: "faint" }, `and ${record.labels.length - 3} more`)),
      make("span", { class: "faint" },
        make("span", { class: "mono" }, shortened(record.cid)), copyButton(record.cid, "the cid"),
        ` ${facts.join(", ")}, pushed `, timeElement(new Date(record.pushed_at), "relative")));
  }
}

/** Lists the first matching records; a page of the gateway may have fewer than requested. */
async function pages(filter, wanted) {
  const records = [];
  let next;
  let total;
  do {
    const limit = Math.min(wanted - records.length, LARGEST_PAGE);
    const page = await found(filter, { after: next, limit });
    records.push(...page.records);
    [next, total] = [page.next, page.total];
  } while (next && records.length < wanted);
  return { records, next, total };
}
