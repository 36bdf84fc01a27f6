// The state of the connection, in the header.

import { reportStream } from "./away.js";
import { one, write } from "./dom.js";
import { visible } from "./text.js";

const WORDS = { connecting: "connecting…", live: "live", reconnecting: "reconnecting", refused: "refused" };

let countdown;
let lost = 0;

/** Shows the status of the stream. */
export function showState(status) {
  const { state, reason, retryIn } = status;
  clearInterval(countdown);
  reportStream("live", status);
  const line = one("#state");
  line.dataset.state = state;
  line.title = visible(reason ?? "");
  const until = Date.now() + (retryIn ?? 0);
  const count = () => {
    const seconds = Math.ceil((until - Date.now()) / 1000);
    one("#countdown").textContent = retryIn && seconds > 0 ? ` in ${seconds} s` : "";
    if (seconds <= 0) clearInterval(countdown);
  };
  // Only the visible number changes: a screen reader announces the state once.
  write(one("#state [role]"), WORDS[state]);
  count();
  if (retryIn) countdown = setInterval(count, 500);
  // A refusal stays until the filter or the user changes.
  one("#refusal").hidden = state !== "refused";
  one("#refusal").textContent = state === "refused" ? visible(reason) : "";
}

/** Counts events that were dropped for this page. */
export function showLost(count) {
  lost += count;
  one("#lost").hidden = false;
  write(one("#lost"), `dropped ${lost.toLocaleString()}`);
}
