// The first dashboard: a live list of events with the three filters. The filter is kept in the
// address bar and applied on the server.

const TYPES = [
  "RECORD_PUSHED", "RECORD_PULLED", "RECORD_DELETED", "RECORD_PUBLISHED", "RECORD_UNPUBLISHED",
  "SYNC_CREATED", "SYNC_COMPLETED", "SYNC_FAILED", "RECORD_SIGNED", "PUBLIC_KEY_UPLOADED",
];
const KINDS = ["types", "labels", "cids"];
const MOST_ROWS = 500;

const form = document.querySelector("#filter");
const list = document.querySelector("#events");
const row = document.querySelector("#row");
let source;
let count = 0;

for (const type of TYPES) {
  document.querySelector("#types").append(new Option(type));
}

function filterQuery() {
  const query = new URLSearchParams();
  for (const kind of KINDS) {
    const value = form.elements[kind].value.trim();
    if (value) query.set(kind, value);
  }
  // The gateway takes a plus sign for what it is; here it would be a blank.
  return query.toString().replaceAll("+", "%20");
}

function show(state, text) {
  const line = document.querySelector("#state");
  line.dataset.state = state;
  line.textContent = text;
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

function onEvent(message) {
  const event = JSON.parse(message.data);
  const facts = Object.entries(event.metadata ?? {}).map(([key, value]) => `${key}: ${value}`);
  const details = [...(event.labels ?? []), ...facts].join("  ");
  add(message.type, new Date(event.timestamp), event.resource_id, details);
  count += 1;
  document.querySelector("#count").textContent = count;
}

// An EventSource does not say why it was refused; asking once more the plain way does.
async function explain(url) {
  try {
    const answer = await fetch(url, { method: "HEAD" });
    if (answer.ok) return;
    const problem = await (await fetch(url, { headers: { accept: "application/x-ndjson" } })).json();
    show("lost", problem.detail ?? answer.statusText);
  } catch {
    show("lost", "the gateway cannot be reached");
  }
}

function listen() {
  source?.close();
  const query = filterQuery();
  const url = query ? `/events?${query}` : "/events";
  history.replaceState(null, "", query ? `?${query}` : location.pathname);
  document.querySelector("#curl").textContent = `curl -N '${location.origin}${url}'`;
  show("connecting", "connecting…");
  source = new EventSource(url);
  source.onopen = () => show("live", "live");
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) explain(url);
    else show("lost", "connection lost, coming back…");
  };
  for (const type of TYPES) source.addEventListener(type, onEvent);
  source.addEventListener("dropped", (message) => {
    const { dropped } = JSON.parse(message.data);
    add("lost", new Date(), "", `${dropped} events were lost: this page could not keep up`);
  });
  source.addEventListener("goodbye", () => show("lost", "the gateway goes down, coming back…"));
  source.addEventListener("retry-later", (message) => {
    show("lost", JSON.parse(message.data).reason);
  });
}

const given = new URLSearchParams(location.search);
for (const kind of KINDS) form.elements[kind].value = given.get(kind) ?? "";
form.addEventListener("submit", (submission) => {
  submission.preventDefault();
  listen();
});
listen();
