// The list of records: its pages stay open when it is reloaded.

import { operations } from "../directory-events.js";
import { attempt } from "./attempt.js";
import { copyButton, make, one } from "./dom.js";
import { Refresher } from "./refresher.js";
import { shortened } from "./text.js";

const PAGE = 50;
const LARGEST_PAGE = 1000;

export class RecordList {
  #list = one("#record-list");
  #refresher = new Refresher(() => this.#load());
  #filter = {};
  #wanted = PAGE;
  #open;
  /** The element of each record with its data, by cid. */
  #drawn = new Map();
  /** Whether the shown data may be out of date because loading failed. */
  isStale = true;

  constructor() {
    one("#more-records").addEventListener("click", () => {
      this.#wanted += PAGE;
      this.refresh();
    });
  }

  search(filter) {
    [this.#filter, this.#wanted] = [filter, PAGE];
    return this.refresh();
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
    const page = await attempt(() => pages(filter, this.#wanted), () => { this.isStale = true; });
    // The search has changed since.
    if (!page || filter !== this.#filter) return;
    this.isStale = false;
    this.#draw(page.records);
    one("#more-records").hidden = !page.next;
    one("#no-records").hidden = page.records.length > 0;
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
    const size = `${record.size.toLocaleString()} bytes`;
    const state = record.published ? "published" : "not published";
    const signed = record.signatures ? `, ${record.signatures} signature${record.signatures > 1 ? "s" : ""}` : "";
    return make("li", { "data-cid": record.cid, class: record.cid === this.#open ? "open" : undefined },
      make("button", { type: "button", class: "title", onclick: () => { location.hash = `#records/${encodeURIComponent(record.cid)}`; } },
        make("bdi", {}, record.name), " ", make("bdi", {}, record.version)),
      make("span", { class: "faint mono" }, shortened(record.cid), copyButton(record.cid, "the cid")),
      make("span", { class: "faint" }, `${state}${signed}, ${size}, pushed ${new Date(record.pushed_at).toLocaleString()}`));
  }
}

/** Lists the first matching records; a page of the gateway may have fewer than requested. */
async function pages(filter, wanted) {
  const records = [];
  let next;
  do {
    const limit = Math.min(wanted - records.length, LARGEST_PAGE);
    const page = await operations.records({ ...filter, after: next, limit });
    records.push(...page.records);
    next = page.next;
  } while (next && records.length < wanted);
  return { records, next };
}
