// The labels that most records have.

import { make, one, write } from "../page/dom.js";
import { hashOf } from "../page/router.js";

const MOST = 10;

let shown;

/**
 * Shows the top labels.
 * @param {{records: {labels: string[]}[], next?: string}} [listing]
 * @param {string} [reason]  why there is no listing
 */
export function showTopLabels(listing, reason) {
  const list = one("#top-labels");
  const none = one("#no-labels");
  const counts = new Map();
  for (const { labels } of listing?.records ?? []) for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const top = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, MOST);
  write(one("#labels-scope"), listing?.next ? `of the newest ${listing.records.length.toLocaleString()} records` : "");
  none.hidden = top.length > 0;
  write(none, listing ? "No labels yet." : reason ?? "Loading…");
  const key = JSON.stringify(top);
  if (shown === key) return;
  shown = key;
  list.replaceChildren(...top.map(([label, count]) => {
    const bar = make("span", { class: "part", "aria-hidden": "true" });
    bar.style.setProperty("--part", `${(100 * count) / top[0][1]}%`);
    return make("li", {}, make("a", { href: hashOf("records", undefined, { label }) }, make("bdi", {}, label)), bar,
      make("span", { class: "number" }, count.toLocaleString()));
  }));
}
