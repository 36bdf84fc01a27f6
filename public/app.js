// The dashboard: the visible view, and the state of the connection.

import { reportStream } from "./js/away.js";
import { copy, one } from "./js/dom.js";
import { LiveView } from "./js/live.js";
import { PushDialog } from "./js/push.js";
import { RecordsView } from "./js/records.js";
import { SubscribersView } from "./js/subscribers.js";
import { SyncsView } from "./js/syncs.js";
import { visible } from "./js/text.js";

const WORDS = { connecting: "connecting…", live: "live", reconnecting: "reconnecting", refused: "refused" };

let countdown;

function showState(status) {
  const { state, reason, retryIn } = status;
  clearInterval(countdown);
  reportStream("live", status);
  const line = one("#state");
  line.dataset.state = state;
  line.title = visible(reason ?? "");
  const until = Date.now() + (retryIn ?? 0);
  const write = () => {
    const seconds = Math.ceil((until - Date.now()) / 1000);
    one("#countdown").textContent = retryIn && seconds > 0 ? ` in ${seconds} s` : "";
    if (seconds <= 0) clearInterval(countdown);
  };
  // Only the visible number changes: a screen reader announces the state once.
  one("#state [role]").textContent = WORDS[state];
  write();
  if (retryIn) countdown = setInterval(write, 500);
  // A refusal stays until the filter or the user changes.
  one("#refusal").hidden = state !== "refused";
  one("#refusal").textContent = state === "refused" ? visible(reason) : "";
}

let lost = 0;

function showLost(count) {
  lost += count;
  one("#lost").hidden = false;
  one("#lost").textContent = `dropped ${lost.toLocaleString()}`;
}

new LiveView(showState, showLost);
const views = {
  live: { show() {}, hide() {} }, records: new RecordsView(), syncs: new SyncsView(),
  subscribers: new SubscribersView(),
};
let current;

function route() {
  const [name, argument] = location.hash.slice(1).split("/");
  // The skip link does not change the view.
  if (name === "main" && current) return;
  const wanted = Object.hasOwn(views, name) ? name : "live";
  if (wanted !== current) {
    views[current]?.hide();
    for (const section of document.querySelectorAll(".view")) section.hidden = section.id !== wanted;
    for (const link of document.querySelectorAll("nav a")) {
      if (link.hash === `#${wanted}`) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    current = wanted;
  }
  views[wanted].show(argument && decoded(argument));
}

/** Decodes a part of the address, which may be malformed. */
function decoded(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

addEventListener("hashchange", route);
new PushDialog((cid) => { if (current !== "live") location.hash = `#records/${cid}`; });
for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", () => copy(one(button.dataset.copy).textContent));
}
route();
