// The names of records by cid. Events do not have them, so they are read from the listing, for the rows
// that are shown; never by reading a record, which would be an event.

import { operations } from "../../directory-events.js";
import { routes } from "./routes.js";

const MOST_NAMES = 20000;
const MOST_PAGES = 20;
const PAUSE = 400;
const MOST_READS = 40;

class RecordNames {
  #known = new Map();
  #wanted = new Set();
  /** What was looked for and not found: deleted records, mostly. */
  #missing = new Set();
  #listeners = new Set();
  #isLoading = false;
  /** Where the listing goes on; undefined before the first page, null after the last. */
  #older;
  #pages = 0;

  /** Returns the name and version of a record, if they are known. */
  get(cid) { return this.#known.get(cid); }

  /** Calls a function with the cids of the records whose names have become known. */
  onNamed(listener) { this.#listeners.add(listener); }

  /** Looks for the name of a record. */
  want(cid) {
    if (this.#known.has(cid) || this.#missing.has(cid)) return;
    this.#wanted.add(cid);
    if (!this.#isLoading) this.#load();
  }

  /** Receives an event: a record that is pushed again can be found again. */
  seen({ type, resourceId }) { if (type === "RECORD_PUSHED") this.#missing.delete(resourceId); }

  /** Receives records of a listing. */
  add(records) {
    const fresh = new Set();
    for (const { cid, name, version } of records) {
      if (!this.#known.has(cid)) fresh.add(cid);
      this.#known.set(cid, { name, version });
      this.#wanted.delete(cid);
      this.#missing.delete(cid);
    }
    for (const cid of this.#known.keys()) {
      if (this.#known.size <= MOST_NAMES) break;
      this.#known.delete(cid);
    }
    if (fresh.size) for (const listener of this.#listeners) listener(fresh);
  }

  async #load() {
    this.#isLoading = true;
    try {
      // Rows that are drawn at the same time ask together.
      await new Promise((done) => { setTimeout(done, 50); });
      while (this.#wanted.size) {
        await this.#find([...this.#wanted]);
        await new Promise((done) => { setTimeout(done, PAUSE); });
      }
    } catch {
      // The rows show cids; the state of the stream shows the error.
      this.#wanted.clear();
    } finally {
      this.#isLoading = false;
    }
  }

  async #find(cids) {
    const newest = await operations.records({ limit: this.#older === undefined ? 1000 : 100 });
    this.add(newest.records);
    if (this.#older === undefined) this.#older = newest.next ?? null;
    if ((await routes()).takes("/records/{cid}", "peek")) await this.#peek(cids);
    while (cids.some((cid) => this.#wanted.has(cid)) && this.#older && this.#pages < MOST_PAGES) {
      const page = await operations.records({ limit: 1000, after: this.#older });
      this.add(page.records);
      this.#older = page.next ?? null;
      this.#pages += 1;
    }
    for (const cid of cids) if (this.#wanted.delete(cid)) this.#missing.add(cid);
  }

  async #peek(cids) {
    for (const cid of cids.filter((each) => this.#wanted.has(each)).slice(0, MOST_READS)) {
      const { name, version } = JSON.parse(await operations.peek(cid).catch(() => "{}"));
      if (name !== undefined) this.add([{ cid, name: String(name), version: String(version) }]);
    }
  }
}

export const recordNames = new RecordNames();
