// The search of the records, as it is in the address.

import { operations } from "../../directory-events.js";
import { routes } from "../gateway/routes.js";
import { one } from "../page/dom.js";
import { go, hashOf, place } from "../page/router.js";

const FIELDS = ["q", "label", "version", "published"];

export class RecordSearch {
  #form = one("#find");

  constructor() {
    const search = (query) => go(hashOf("records", undefined, query));
    this.#form.addEventListener("submit", (submission) => {
      submission.preventDefault();
      search(Object.fromEntries(new FormData(this.#form)));
    });
    // A choice is complete at once.
    this.#form.elements.published.addEventListener("change", () => this.#form.requestSubmit());
    one("#find-reset").addEventListener("click", () => search({}));
  }

  focus() { this.#form.elements.q.focus(); }

  /** The search of the address. */
  get current() {
    const { query } = place();
    return Object.fromEntries(FIELDS.map((name) => [name, query.get(name) ?? ""]).filter(([, value]) => value));
  }

  /** Shows a search in the form. */
  show(search) { for (const name of FIELDS) this.#form.elements[name].value = search[name] ?? ""; }
}

/** Returns a page of the records that match a search. */
export async function found({ q, ...rest }, paging) {
  const filter = { ...rest, ...paging };
  if (!q) return operations.records(filter);
  const canSearch = (await routes()).takes("/records", "q") && !/[*?]/.test(q);
  return operations.records(canSearch ? { ...filter, q } : { ...filter, name: pattern(q) });
}

/** Returns a pattern for names that contain the words in their order; one that is a pattern already. */
function pattern(words) {
  // In the listing a comma separates patterns. A question mark matches one character.
  const safe = words.trim().replaceAll(",", "?");
  return /[*?]/.test(words) ? safe : `*${safe.split(/\s+/).join("*")}*`;
}
