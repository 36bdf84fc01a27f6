// The received events, and marks where events are missing or the filter changed.

import { passes } from "./filter-form.js";
import { facts } from "./text.js";

const MOST_ROWS = 10000;
const SLACK = 1000;

/**
 * @typedef {object} Mark
 * @property {"FILTER" | "DISCONNECTED" | "LOST"} mark
 * @property {Date} time
 * @property {string} text
 * @property {object} [data]  its members in an export
 */

export class EventRows {
  #rows = [];
  #held = [];
  #discarded = 0;
  #isPaused = false;
  #added = 0;

  get isPaused() { return this.#isPaused; }
  get held() { return this.#held.length; }
  /** The number of held events that were discarded. */
  get discarded() { return this.#discarded; }

  /** Adds an event, or a mark. */
  add(row) {
    if (this.#isPaused) {
      this.#held.push(row);
      this.#discarded += trim(this.#held, SLACK);
    } else {
      this.#rows.push(row);
      this.#added += 1;
      // Also here, because a tab in the background does not draw.
      trim(this.#rows, SLACK);
    }
  }

  /**
   * Replaces a mark; adds it at the end if the earlier one is gone.
   * @returns {Mark} the mark
   */
  replace(old, mark) {
    for (const list of [this.#rows, this.#held]) {
      const index = old ? list.lastIndexOf(old) : -1;
      if (index < 0) continue;
      list[index] = mark;
      return mark;
    }
    this.add(mark);
    return mark;
  }

  /** Whether this mark is the newest row. */
  isLast(mark) { return Boolean(mark) && (this.#held.at(-1) ?? this.#rows.at(-1)) === mark; }

  clear() { [this.#rows, this.#held, this.#discarded, this.#added] = [[], [], 0, 0]; }

  /** Pauses or resumes: while paused, new rows are held back. */
  pause(isPaused) {
    this.#isPaused = isPaused;
    if (isPaused) return;
    for (const row of this.#held) this.#rows.push(row);
    this.#added += this.#held.length;
    [this.#held, this.#discarded] = [[], 0];
  }

  /**
   * The rows to show, newest first: all marks, and the events that pass the filter and the search.
   * @param {object} filter  the current one; events received with it are not matched again
   * @param {string} wanted  in lower case
   */
  shown(filter, wanted) {
    trim(this.#rows, 0);
    const fits = (row) => row.mark
      || ((row.filter === filter || passes(filter, row)) && (!wanted || searchable(row).includes(wanted)));
    return this.#rows.filter(fits).reverse();
  }

  /** Returns the number of new rows since the last call. */
  takeAdded() {
    const added = this.#added;
    this.#added = 0;
    return added;
  }
}

/** Removes the oldest rows, several at a time. */
function trim(rows, slack) {
  const surplus = rows.length - MOST_ROWS;
  if (surplus <= slack) return 0;
  rows.splice(0, surplus);
  return surplus;
}

function searchable(event) {
  event.text ??= `${event.type} ${event.resourceId} ${facts(event).join("  ")}`.toLowerCase();
  return event.text;
}

/** Returns rows as JSON lines, oldest first; gaps have a line too. */
export function exported(rows) {
  const values = rows.map((row) => (row.mark ? row.data : {
    id: row.id, type: `EVENT_TYPE_${row.type}`, timestamp: row.time.toISOString(),
    resource_id: row.resourceId, labels: row.labels, metadata: row.metadata,
  }));
  return values.filter(Boolean).map((value) => `${JSON.stringify(value)}\n`).join("");
}
