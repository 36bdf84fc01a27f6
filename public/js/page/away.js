// The banner that shows in every view that the gateway cannot be reached.

import { one } from "./dom.js";
import { visible } from "./text.js";

const reasons = new Map();

/**
 * Records that a view has lost the gateway, or can reach it again.
 * @param {string} view
 * @param {string} [reason]  why; undefined if it can be reached
 */
export function report(view, reason) {
  if (reason) reasons.set(view, reason);
  else reasons.delete(view);
  const [first] = reasons.values();
  const banner = one("#away");
  const words = first
    ? `No connection: ${visible(first)}. The data shown may be out of date. This page reconnects by itself.` : "";
  banner.hidden = !first;
  if (banner.textContent !== words) banner.textContent = words;
}

/** Records the status of the stream of a view. */
export function reportStream(view, { state, reason }) {
  if (state === "reconnecting") report(view, reason);
  else if (state !== "connecting") report(view);
}
