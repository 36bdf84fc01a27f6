// The list of records: pages that stay open while it is loaded again.

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
  /** Each record's element with what it was made from, by cid. */
  #drawn = new Map();
  /** Whether what is shown may be out of date because it could not be loaded. */
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

  /** Loads again as much as is open. */
  refresh() { return this.#refresher.refresh(); }

  /** Marks the record that is open. */
  mark(cid) {
    this.#open = cid;
    for (const [key, { element }] of this.#drawn) element.classList.toggle("open", key === cid);
  }

  /** Puts the focus on a record, where it was before that was opened. */
  focus(cid) { this.#drawn.get(cid)?.element.querySelector(".title").focus({ preventScroll: true }); }

  async #load() {
    const filter = this.#filter;
    const page = await attempt(() => pages(filter, this.#wanted), () => { this.isStale = true; });
    // Another search is asked for by now.
    if (!page || filter !== this.#filter) return;
    this.isStale = false;
    this.#draw(page.records);
    one("#more-records").hidden = !page.next;
    one("#no-records").hidden = page.records.length > 0;
  }

  // What has not changed stays in the document, and so does the focus on it.
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

/** Lists the first records that fit; a page of the gateway may hold fewer than it was asked for. */
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
