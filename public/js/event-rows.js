// What was received, and marks where something was not or where the filter changed.

import { passes } from "./filter-form.js";
import { facts } from "./text.js";

const MOST_ROWS = 10000;
const SLACK = 1000;

/**
 * @typedef {object} Mark
 * @property {"FILTER" | "DISCONNECTED" | "LOST"} mark
 * @property {Date} time
 * @property {string} text
 * @property {object} [data]  what an export says about it
 */

export class EventRows {
  #rows = [];
  #held = [];
  #discarded = 0;
  #isPaused = false;
  #added = 0;

  get isPaused() { return this.#isPaused; }
  get held() { return this.#held.length; }
  /** How many that were held had to go. */
  get discarded() { return this.#discarded; }

  /** Adds an event, or a mark. */
  add(row) {
    if (this.#isPaused) {
      this.#held.push(row);
      this.#discarded += trim(this.#held, SLACK);
    } else {
      this.#rows.push(row);
      this.#added += 1;
      // Here too, because a tab in the background draws nothing.
      trim(this.#rows, SLACK);
    }
  }

  /**
   * Puts a mark in the place of an earlier one; at the end if that one has gone.
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

  /** Whether nothing has come since this mark. */
  isLast(mark) { return Boolean(mark) && (this.#held.at(-1) ?? this.#rows.at(-1)) === mark; }

  clear() { [this.#rows, this.#held, this.#discarded, this.#added] = [[], [], 0, 0]; }

  /** Holds back what comes, or lets it in. */
  pause(isPaused) {
    this.#isPaused = isPaused;
    if (isPaused) return;
    for (const row of this.#held) this.#rows.push(row);
    this.#added += this.#held.length;
    [this.#held, this.#discarded] = [[], 0];
  }

  /**
   * The rows to show, newest first: all marks, and the events that pass the filter and the search.
   * @param {object} filter  the one in force; what came under it is not asked again
   * @param {string} wanted  in lower case
   */
  shown(filter, wanted) {
    trim(this.#rows, 0);
    const fits = (row) => row.mark
      || ((row.filter === filter || passes(filter, row)) && (!wanted || searchable(row).includes(wanted)));
    return this.#rows.filter(fits).reverse();
  }

  /** Returns how many rows came since the last call. */
  takeAdded() {
    const added = this.#added;
    this.#added = 0;
    return added;
  }
}

/** Lets go of the oldest, some at a time. */
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

/** Writes rows as JSON lines, oldest first; what was not received has its line too. */
export function exported(rows) {
  const values = rows.map((row) => (row.mark ? row.data : {
    id: row.id, type: `EVENT_TYPE_${row.type}`, timestamp: row.time.toISOString(),
    resource_id: row.resourceId, labels: row.labels, metadata: row.metadata,
  }));
  return values.filter(Boolean).map((value) => `${JSON.stringify(value)}\n`).join("");
}
