// The commands that show in a terminal what the live view shows.

import { one } from "../page/dom.js";
import { quoted } from "../page/text.js";
import { filterAddress, streamFilter } from "./filter.js";

/** @param {import("./filter.js").LiveFilter} filter */
export function showCommands(filter) {
  one("#curl").textContent = `curl -N ${quoted(location.origin + filterAddress(filter))}`;
  const flags = Object.entries(streamFilter(filter)).filter(([, items]) => items.length)
    .map(([kind, items]) => ` --${kind} ${quoted(items.join(","))}`);
  one("#dirctl").textContent = `dirctl events listen --server-addr ${location.origin}${flags.join("")}`;
  one("#terminal-note").hidden = !filter.not_labels.length && !filter.not_cids.length;
}
