// The first dashboard: a live list of events with the three filters. The filter is kept in the
// address bar and applied on the server.

import { EVENT_TYPES, streamAddress, subscribe } from "./directory-events.js";

const KINDS = ["types", "labels", "cids"];
const MOST_ROWS = 500;
const WORDS = {
  connecting: "connecting…", live: "live", reconnecting: "coming back…", refused: "refused",
  closed: "closed",
};

const form = document.querySelector("#filter");
const list = document.querySelector("#events");
const row = document.querySelector("#row");
let subscription;
let count = 0;

for (const type of EVENT_TYPES) {
  document.querySelector("#types").append(new Option(type));
}

function filter() {
  return Object.fromEntries(KINDS.map((kind) => [
    kind, form.elements[kind].value.split(",").map((item) => item.trim()).filter(Boolean),
  ]));
}

function show({ state, reason, retryIn }) {
  const line = document.querySelector("#state");
  line.dataset.state = state === "live" || state === "connecting" ? state : "lost";
  const delay = retryIn ? ` in ${Math.max(1, Math.round(retryIn / 1000))} s` : "";
  line.textContent = reason ? `${reason}${state === "reconnecting" ? `, ${WORDS[state]}${delay}` : ""}`
    : WORDS[state];
}

// Everything that comes from an event is set as text: no label can become markup.
function add(kind, time, resource, details) {
  const item = row.content.firstElementChild.cloneNode(true);
  item.dataset.kind = kind;
  item.querySelector("time").textContent = time.toLocaleTimeString();
  item.querySelector("time").dateTime = time.toISOString();
  item.querySelector(".type").textContent = kind;
  item.querySelector(".resource").textContent = resource;
  item.querySelector(".details").textContent = details;
  list.prepend(item);
  while (list.children.length > MOST_ROWS) list.lastElementChild.remove();
}

function onEvent(event) {
  const facts = Object.entries(event.metadata).map(([key, value]) => `${key}: ${value}`);
  add(event.type, event.time, event.resourceId, [...event.labels, ...facts].join("  "));
  count += 1;
  document.querySelector("#count").textContent = count;
}

function onDropped(lost) {
  add("lost", new Date(), "", `${lost} events were lost: this page could not keep up`);
}

function listen() {
  subscription?.close();
  const wanted = filter();
  const address = streamAddress(wanted);
  const start = address.indexOf("?");
  history.replaceState(null, "", start < 0 ? location.pathname : address.slice(start));
  document.querySelector("#curl").textContent = `curl -N '${location.origin}${address}'`;
  subscription = subscribe(wanted, { onEvent, onStatus: show, onDropped });
}

const given = new URLSearchParams(location.search);
for (const kind of KINDS) form.elements[kind].value = given.get(kind) ?? "";
form.addEventListener("submit", (submission) => {
  submission.preventDefault();
  listen();
});
listen();
