// The received events, and marks where events are missing or the filter changed.

import { typeWords } from "../gateway/event-types.js";
import { recordNames } from "../gateway/names.js";
import { facts } from "../page/text.js";
import { passes } from "./filter.js";

const MOST_ROWS = 10000;
const SLACK = 1000;

/**
 * @typedef {object} Mark
 * @property {"FILTER" | "DISCONNECTED" | "LOST" | "BEFORE"} mark
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
   * Adds events from before the others, and a mark between them. Events that are there already are not
   * added again.
   */
  addBefore(events, mark) {
    const known = new Set([...this.#rows, ...this.#held].map(({ id }) => id));
    const fresh = events.filter(({ id }) => !known.has(id)).slice(-(MOST_ROWS - this.#rows.length));
    if (fresh.length) this.#rows = [...fresh, mark, ...this.#rows];
    return fresh;
  }

  /**
   * The rows to show, newest first: the marks, and the events that pass the filter, the search and the
   * selected time.
   * @param {object} filter  the current one; events received with it are not matched again
   * @param {string} wanted  in lower case
   * @param {{from: number, until: number}} [selected]  seconds
   */
  shown(filter, wanted, selected) {
    trim(this.#rows, 0);
    const isAt = ({ time }) => !selected || (time >= selected.from * 1000 && time < selected.until * 1000);
    const fits = (row) => isAt(row) && (row.mark
      || ((row.filter === filter || passes(filter, row)) && (!wanted || searchable(row).includes(wanted))));
    return this.#rows.filter(fits).reverse();
  }

  /** The events, oldest first. */
  get events() { return this.#rows.filter((row) => !row.mark); }

  /** Returns the event with an id. */
  find(id) { return this.#rows.findLast((row) => row.id === id); }

  /** Returns the events nearest in time, newest first, also those that are not shown. */
  around(event, each) {
    const { events } = this;
    const index = events.indexOf(event);
    return index < 0 ? [event] : events.slice(Math.max(0, index - each), index + each + 1).reverse();
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
  const named = recordNames.get(event.resourceId);
  event.text ??= `${event.type} ${typeWords(event.type)} ${event.resourceId} ${facts(event).join("  ")}`.toLowerCase();
  return named ? `${event.text} ${named.name} ${named.version}`.toLowerCase() : event.text;
}

/** Returns rows as JSON lines, oldest first: events as they were received; gaps have a line too. */
export const exported = (rows) => rows.map((row) => (row.mark ? row.data && JSON.stringify(row.data) : row.data))
  .filter(Boolean).map((line) => `${line}\n`).join("");
