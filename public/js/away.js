// The banner that says in every view that the gateway is away.

import { one } from "./dom.js";
import { visible } from "./text.js";

const reasons = new Map();

/**
 * Notes that a view has lost the gateway, or has it again.
 * @param {string} view
 * @param {string} [reason]  why; none if it is there
 */
export function report(view, reason) {
  if (reason) reasons.set(view, reason);
  else reasons.delete(view);
  const [first] = reasons.values();
  const banner = one("#away");
  const words = first ? `No connection: ${visible(first)}. What is shown may be out of date; this page reconnects by itself.` : "";
  banner.hidden = !first;
  if (banner.textContent !== words) banner.textContent = words;
}

/** Notes the status of the stream that a view follows. */
export function reportStream(view, { state, reason }) {
  if (state === "reconnecting") report(view, reason);
  else if (state !== "connecting") report(view);
}
