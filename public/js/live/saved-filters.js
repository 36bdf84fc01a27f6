// Filters that this browser keeps: those with a name, and the last ones that were used.

import { make, one, say } from "../page/dom.js";
import { icon } from "../page/icons.js";
import { closeMenu } from "../page/menus.js";
import { keep, kept } from "../page/storage.js";
import { filterQuery, filterText, readFilter } from "./filter.js";

const MOST_RECENT = 8;
const MOST_SAVED = 50;

export class SavedFilters {
  #onChoose;
  #current = "";

  /** @param {(filter: import("./filter.js").LiveFilter) => void} onChoose */
  constructor(onChoose) {
    this.#onChoose = onChoose;
    one("#save-filter").addEventListener("submit", (submission) => {
      submission.preventDefault();
      this.#save(submission.target.elements.name);
    });
    // Another tab has saved one.
    addEventListener("storage", () => this.#draw());
    this.#draw();
  }

  /** Receives the filter that is used now. */
  used(filter) {
    this.#current = filterQuery(filter);
    if (this.#current) {
      const others = kept("recent-filters", []).filter((query) => query !== this.#current);
      keep("recent-filters", [this.#current, ...others].slice(0, MOST_RECENT));
    }
    this.#draw();
  }

  #save(field) {
    if (!this.#current) return say("There is no filter to save: everything is shown.");
    const name = field.value.trim() || filterText(readFilter(this.#current));
    const others = kept("saved-filters", []).filter((saved) => saved.name !== name);
    keep("saved-filters", [{ name, query: this.#current }, ...others].slice(0, MOST_SAVED));
    field.value = "";
    say(`Saved as ${name}.`);
    this.#draw();
  }

  #draw() {
    const saved = kept("saved-filters", []);
    const remove = ({ name }) => {
      keep("saved-filters", kept("saved-filters", []).filter((each) => each.name !== name));
      this.#draw();
      one("#save-filter input").focus();
    };
    this.#fill(one("#saved-list"), saved.map((each) => this.#item(each.query, each.name, () => remove(each))), "None yet.");
    const recent = kept("recent-filters", []);
    this.#fill(one("#recent-list"), recent.map((query) => this.#item(query, filterText(readFilter(query)))), "None yet.");
  }

  #fill(list, found, otherwise) {
    list.replaceChildren(...(found.length ? found : [make("li", { class: "faint" }, otherwise)]));
  }

  #item(query, words, remove) {
    return make("li", {},
      make("button", {
        type: "button", class: "choice", title: filterText(readFilter(query)), onclick: () => {
          this.#onChoose(readFilter(query));
          closeMenu();
        },
      }, make("bdi", {}, words)),
      remove && make("button", {
        type: "button", class: "bare", "aria-label": `Forget ${words}`, title: "Forget", onclick: remove,
      }, icon("close")));
  }
}
