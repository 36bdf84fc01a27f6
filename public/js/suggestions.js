// What the filter fields suggest: what was seen, and what is stored.

import { operations } from "../directory-events.js";
import { one } from "./dom.js";
import { visible } from "./text.js";

const MOST = 200;

export class Suggestions {
  #labels = new Set();
  #cids = new Set();

  constructor() {
    operations.records({ limit: 200 }).then(({ records }) => {
      for (const record of records) this.#note(record.labels, record.cid);
    }).catch(() => {
      // Suggestions are a help, not a need; the state of the stream says what is wrong.
    });
  }

  /** Notes what an event names. */
  seen(event) { this.#note(event.labels, event.resourceId); }

  #note(labels, cid) {
    for (const label of labels) this.#add(this.#labels, "#known-labels", label);
    this.#add(this.#cids, "#known-cids", cid);
  }

  #add(known, list, value) {
    // A value that would not be shown as it is is none to choose by its looks.
    if (known.size >= MOST || known.has(value) || visible(value) !== value) return;
    known.add(value);
    one(list).append(new Option("", value));
  }
}
