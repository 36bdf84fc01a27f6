// The records: search, list and one record, all following the stream.

import { subscribe } from "../directory-events.js";
import { reportStream } from "./away.js";
import { one } from "./dom.js";
import { RecordDetail } from "./record-detail.js";
import { RecordList } from "./record-list.js";

/** The events that change the list. */
const CHANGES = new Set(["RECORD_PUSHED", "RECORD_DELETED", "RECORD_PUBLISHED", "RECORD_UNPUBLISHED", "RECORD_SIGNED"]);

export class RecordsView {
  #form = one("#find");
  #list = new RecordList();
  #detail = new RecordDetail(() => { location.hash = "#records"; });
  #subscription;
  #scrolled = 0;

  constructor() {
    this.#form.addEventListener("submit", (submission) => {
      submission.preventDefault();
      this.#list.search(Object.fromEntries(new FormData(this.#form)));
    });
  }

  /** Shows the view, with one record open if one is named. */
  show(cid) {
    this.#follow();
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
    this.#subscription?.close();
    this.#subscription = undefined;
    this.#detail.close();
  }

  #follow() {
    if (this.#subscription) return;
    this.#list.refresh();
    // All events, like most live views, so that they share a connection.
    this.#subscription = subscribe({}, {
      onEvent: (event) => {
        if (CHANGES.has(event.type)) this.#list.refresh();
        this.#detail.take(event);
      },
      onDropped: (count) => {
        this.#list.refresh();
        this.#detail.dropped(count);
      },
      onStatus: (status) => {
        if (status.state === "live" || (status.state === "reconnecting" && this.#list.isStale)) this.#list.refresh();
        this.#detail.status(status);
        reportStream("records", status);
      },
    });
  }
}
