// The records: search, list and one record, all following the stream.

import { RECORD_CHANGES } from "../gateway/event-types.js";
import { Following } from "../gateway/following.js";
import { recordNames } from "../gateway/names.js";
import { report } from "../page/away.js";
import { one } from "../page/dom.js";
import { go, hashOf } from "../page/router.js";
import { RecordDetail } from "./record-detail.js";
import { RecordList } from "./record-list.js";
import { RecordSearch } from "./record-search.js";

export class RecordsView {
  #search = new RecordSearch();
  #list = new RecordList((cid) => go(this.#hash(cid)));
  #detail = new RecordDetail(() => go(this.#hash()));
  #scrolled = 0;
  #following = new Following("records", {
    onEvent: (event) => {
      recordNames.seen(event);
      if (RECORD_CHANGES.has(event.type)) this.#list.refresh();
      this.#detail.take(event);
    },
    onDropped: (count) => {
      this.#list.refresh();
      this.#detail.dropped(count);
    },
    onReset: (reset) => {
      this.#list.refresh();
      this.#detail.reset(reset);
    },
    onStatus: (status) => {
      if (status.state === "live" || (status.state === "reconnecting" && this.#list.isStale)) this.#list.refresh();
      this.#detail.status(status);
    },
  });

  /** Shows the view, with one record open if one is named. */
  show(cid) {
    const search = this.#search.current;
    if (this.#list.search(search)) this.#search.show(search);
    this.#following.start();
    const view = one("#records");
    if (cid) {
      if (!view.classList.contains("reading")) this.#scrolled = scrollY;
      view.classList.add("reading");
      this.#list.mark(cid);
      this.#detail.open(cid);
      // On a small screen the record replaces the list.
      scrollTo(0, 0);
      return;
    }
    const { cid: shown } = this.#detail;
    this.#detail.close();
    this.#list.mark(undefined);
    if (view.classList.contains("reading")) {
      view.classList.remove("reading");
      scrollTo(0, this.#scrolled);
      this.#list.focus(shown);
    }
  }

  /** Hides the view. */
  hide() {
    this.#following.stop();
    this.#detail.close();
    report("records");
  }

  focusSearch() { this.#search.focus(); }

  // The search stays in the address while records are opened and closed.
  #hash(cid) { return hashOf("records", cid, this.#search.current); }
}
