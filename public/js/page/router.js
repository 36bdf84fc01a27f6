// The address of the page: `?types=…` is the filter of the live view, `#records/CID?q=…` the view, what
// is open in it, and its search.

/** Decodes a part of the address, which may be malformed. */
function decoded(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

/** Returns the view of the address, what is open in it, and its search. */
export function place() {
  const [path, query = ""] = location.hash.slice(1).split("?");
  const [name, argument] = path.split("/");
  // A filter without a view is one of the live view.
  const view = name || (location.search ? "live" : "overview");
  return { view, argument: argument && decoded(argument), query: parameters(query) };
}

/** Reads a query; a plus sign is one, not a space. */
export const parameters = (query) => new URLSearchParams(query.replaceAll("+", "%2B"));

/** Returns the hash of a place. */
export function hashOf(view, argument, query = {}) {
  const items = Object.entries(query).filter(([, value]) => value)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `#${view}${argument ? `/${encodeURIComponent(argument)}` : ""}${items.length ? `?${items.join("&")}` : ""}`;
}

/**
 * Goes to an address of this page without loading it again.
 * @param {string} address   a query, a hash, or both
 * @param {boolean} [isNew]  whether the back button returns to the current address
 */
export function go(address, isNew = true) {
  const target = new URL(address, location.href);
  // A hash alone keeps the query, and the other way round.
  if (address.startsWith("#")) target.search = location.search;
  if (target.href === location.href) return;
  history[isNew ? "pushState" : "replaceState"](null, "", target);
  dispatchEvent(new Event("addresschange"));
}

for (const change of ["popstate", "hashchange"]) {
  addEventListener(change, () => dispatchEvent(new Event("addresschange")));
}

// Links with a query would load the page again.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-inside]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  go(link.getAttribute("href"));
});
