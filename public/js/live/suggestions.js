// The suggestions of the filter fields: received and stored values.

import { operations } from "../../directory-events.js";
import { recordNames } from "../gateway/names.js";
import { one } from "../page/dom.js";
import { visible } from "../page/text.js";

const MOST = 200;

export class Suggestions {
  #labels = new Set();
  #cids = new Set();

  constructor() {
    operations.records({ limit: 200 }).then(({ records }) => {
      recordNames.add(records);
      for (const record of records) this.#note(record.labels, record.cid);
    }).catch(() => {
      // Suggestions are optional; the state of the stream shows the error.
    });
  }

  /** Records the values of an event. */
  seen(event) { this.#note(event.labels, event.resourceId); }

  #note(labels, cid) {
    for (const label of labels) this.#add(this.#labels, "#known-labels", label);
    this.#add(this.#cids, "#known-cids", cid);
  }

  #add(known, list, value) {
    // Values with hidden characters are not suggested, because they look like others.
    if (known.size >= MOST || known.has(value) || visible(value) !== value) return;
    known.add(value);
    one(list).append(new Option("", value));
  }
}
