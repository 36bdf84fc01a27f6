// The dashboard: which view is shown, the state of the connection, and the keys.

import { recentEvents } from "./js/gateway/recent.js";
import { forgetRoutes, routes } from "./js/gateway/routes.js";
import { askForToken, loadSession } from "./js/gateway/session.js";
import { LiveView } from "./js/live/live.js";
import { OverviewView } from "./js/overview/overview.js";
import { copy, one } from "./js/page/dom.js";
import "./js/page/menus.js";
import { go, hashOf, place } from "./js/page/router.js";
import { showSettings } from "./js/page/settings.js";
import { listenForKeys } from "./js/page/shortcuts.js";
import { showLost, showState } from "./js/page/state.js";
import { PushDialog } from "./js/push/push.js";
import { RecordsView } from "./js/records/records.js";
import { SubscribersView } from "./js/subscribers/subscribers.js";
import { SyncsView } from "./js/syncs/syncs.js";
import { WebhooksView } from "./js/webhooks/webhooks.js";

let wasLive = false;

function onStatus(status) {
  showState(status);
  if (status.httpStatus === 401) askForToken();
  // After a restart it may be another version.
  if (status.state === "reconnecting" && wasLive) forgetRoutes();
  if (status.state === "live" && !wasLive) loadBefore();
  wasLive = wasLive || status.state === "live";
}

const live = new LiveView({ onStatus, onDropped: showLost });
const views = {
  overview: new OverviewView(), live, records: new RecordsView(), syncs: new SyncsView(),
  subscribers: new SubscribersView(), webhooks: new WebhooksView(),
};
let current;

/** Loads the events from before the page was opened, once the stream is live: none is missing between. */
async function loadBefore() {
  const events = await recentEvents();
  if (!events.length) return;
  live.addBefore(events);
}

function route() {
  const { view, argument } = place();
  // The skip link does not change the view.
  if (view === "main" && current) return;
  const wanted = Object.hasOwn(views, view) ? view : "overview";
  if (wanted !== current) {
    views[current]?.hide?.();
    for (const section of document.querySelectorAll(".view")) section.hidden = section.id !== wanted;
    for (const link of document.querySelectorAll("nav a")) {
      if (link.hash !== `#${wanted}`) link.removeAttribute("aria-current");
      else {
        link.setAttribute("aria-current", "page");
        document.title = `${link.textContent} · Directory Gateway`;
        // On a small screen the links are in one line that scrolls.
        link.scrollIntoView({ block: "nearest", inline: "nearest" });
      }
    }
    current = wanted;
  }
  views[wanted].show(argument);
}

addEventListener("addresschange", route);

const push = new PushDialog(
  (cid) => { if (current !== "live") go(hashOf("records", cid)); },
  () => { if (current === "overview") go("#live"); });

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", () => copy(one(button.dataset.copy).textContent));
}

showSettings();
const to = (view) => () => go(`#${view}`);
const inLive = (action) => () => {
  if (current === "live") action();
};
listenForKeys([
  { keys: "g o", words: "go to the overview", run: to("overview") },
  { keys: "g l", words: "go to the live events", run: to("live") },
  { keys: "g r", words: "go to the records", run: to("records") },
  { keys: "g s", words: "go to the syncs", run: to("syncs") },
  { keys: "g u", words: "go to the subscribers", run: to("subscribers") },
  { keys: "g w", words: "go to the webhooks", run: to("webhooks") },
  { keys: "/", words: "search in the events or records", run: () => focusSearch() },
  { keys: "f", words: "filter the events", run: inLive(() => live.openFilter()) },
  { keys: "p", words: "pause or resume the events", run: inLive(() => live.pause()) },
  { keys: "j", words: "open the next older event", run: inLive(() => live.step(1)) },
  { keys: "k", words: "open the next newer event", run: inLive(() => live.step(-1)) },
  { keys: "Escape", words: "close what is open", run: inLive(() => live.close()) },
  { keys: "n", words: "push a new record", run: () => push.open() },
]);

function focusSearch() {
  if (current === "records") return views.records.focusSearch();
  if (current !== "live") go("#live");
  one("#search").focus();
}

// A gateway in front of a Directory, or an older one, may have none.
async function showOffered() {
  const known = await routes();
  one("nav a[href='#webhooks']").hidden = known.isKnown && !known.has("/webhooks");
}

loadSession();
showOffered();
route();
