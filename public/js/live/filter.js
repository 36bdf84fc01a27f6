// The filter of the live view as a value. What it wants, the gateway selects; what it excludes by label
// or id, this page leaves out.

import { EVENT_TYPES, streamAddress } from "../../directory-events.js";
import { typeWords } from "../gateway/event-types.js";
import { parameters } from "../page/router.js";
import { shortened } from "../page/text.js";

/**
 * @typedef {object} LiveFilter
 * @property {string[]} types
 * @property {string[]} labels
 * @property {string[]} cids
 * @property {string[]} not_types
 * @property {string[]} not_labels
 * @property {string[]} not_cids
 */

/** The kinds, as they are called in the address. */
export const KINDS = ["types", "labels", "cids", "not_types", "not_labels", "not_cids"];

/** Returns the items of a list that is separated by commas. */
export const items = (text) => text.split(",").map((item) => item.trim()).filter(Boolean);

/** @returns {LiveFilter} */
export const emptyFilter = () => Object.fromEntries(KINDS.map((kind) => [kind, []]));

/** Returns the filter of an address. */
export function readFilter(search) {
  const given = parameters(search);
  const filter = Object.fromEntries(KINDS.map((kind) => [kind, items(given.getAll(kind).join(","))]));
  for (const kind of ["types", "not_types"]) filter[kind] = filter[kind].map((type) => type.replace(/^EVENT_TYPE_/, ""));
  return filter;
}

/** Returns a filter as the query of an address, without a question mark. */
export const filterQuery = (filter) => KINDS.filter((kind) => filter[kind].length)
  .map((kind) => `${kind}=${filter[kind].map(encodeURIComponent).join(",")}`).join("&");

/** Returns what the gateway is asked for: excluded types are the other types. */
export function streamFilter({ types, labels, cids, not_types: not }) {
  if (!not.length) return { types, labels, cids };
  const wanted = (types.length ? types : EVENT_TYPES).filter((type) => !not.includes(type));
  // The gateway has no filter for nothing. What it sends is left out here.
  return { types: wanted.length ? wanted : types, labels, cids };
}

/** Returns the address of the stream of a filter. */
export const filterAddress = (filter) => streamAddress(streamFilter(filter));

/** Returns whether an event matches a filter. */
export function passes(filter, event) {
  const has = (list, condition) => list.some(condition);
  const wanted = (list, condition) => !list.length || has(list, condition);
  const isType = (type) => type === event.type;
  const isId = (id) => id === event.resourceId;
  const hasLabel = (part) => has(event.labels, (label) => label.includes(part));
  return wanted(filter.types, isType) && wanted(filter.cids, isId) && wanted(filter.labels, hasLabel)
    && !has(filter.not_types, isType) && !has(filter.not_cids, isId) && !has(filter.not_labels, hasLabel);
}

const NOUNS = { types: "type", labels: "label", cids: "id" };

/** Returns the items of a filter in words: `not label /domains/`. */
export function filterItems(filter) {
  return KINDS.flatMap((kind) => filter[kind].map((item) => {
    const base = kind.replace("not_", "");
    const words = base === "types" ? typeWords(item) : base === "cids" ? shortened(item) : item;
    return { kind, item, words: `${kind === base ? "" : "not "}${NOUNS[base]} ${words}` };
  }));
}

/** Returns a filter in words. */
export const filterText = (filter) => filterItems(filter).map(({ words }) => words).join("; ") || "all events";

/** Returns a filter with an item more in one kind; what it would contradict is removed. */
export function withItem(filter, kind, item) {
  const opposite = kind.startsWith("not_") ? kind.slice(4) : `not_${kind}`;
  const without = filter[opposite].filter((each) => each !== item);
  return { ...filter, [opposite]: without, [kind]: [...filter[kind].filter((each) => each !== item), item] };
}

/** Returns a filter without an item. */
export const withoutItem = (filter, kind, item) => ({ ...filter, [kind]: filter[kind].filter((each) => each !== item) });
