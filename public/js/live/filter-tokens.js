// The items of the filter beside the list, each with a button that removes it.

import { make, one, write } from "../page/dom.js";
import { icon } from "../page/icons.js";
import { filterItems, withoutItem } from "./filter.js";

/**
 * Shows the items of a filter.
 * @param {import("./filter.js").LiveFilter} filter
 * @param {{words: string, remove: () => void}[]} more  other things that limit the list
 * @param {(filter: import("./filter.js").LiveFilter) => void} onChange
 */
export function showTokens(filter, more, onChange) {
  const found = filterItems(filter).map(({ kind, item, words }) =>
    ({ words, isNot: kind.startsWith("not_"), remove: () => onChange(withoutItem(filter, kind, item)) }));
  const badge = one("#filter-count");
  badge.hidden = found.length === 0;
  write(badge, String(found.length));
  const tokens = [...found, ...more].map(({ words, isNot, remove }) => make("button", {
    type: "button", class: isNot ? "token not" : "token", title: `${words}: remove`, "aria-label": `Remove the filter ${words}`,
    onclick: remove,
  }, make("bdi", {}, words), icon("close")));
  one("#tokens").replaceChildren(...tokens);
}
