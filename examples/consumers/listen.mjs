// Follows the events of a gateway through restarts, losses and resets.
//
// Usage: node listen.mjs [URL] [STATE]
// STATE is a file with the id of the last event, so that the next run goes on where this one has ended.
// Needs Node 18 or later, and no package.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const [url = "http://127.0.0.1:8080", state] = process.argv.slice(2);
const filter = { types: "RECORD_PUSHED,RECORD_DELETED" };
const silence = 45_000; // milliseconds without a byte: three heartbeats

class Refused extends Error {
  constructor(response, text) {
    super(`${response.status} ${text}`);
    this.isFinal = response.status < 500 && ![408, 429].includes(response.status);
    this.pause = 1000 * Number(response.headers.get("retry-after") ?? 0);
  }
}

async function request(path, query, accept, signal) {
  const token = process.env.DIRECTORY_CLIENT_AUTH_TOKEN;
  // Not URLSearchParams, which writes a space as a plus sign.
  const text = Object.entries(query).map((pair) => pair.map(encodeURIComponent).join("=")).join("&");
  const headers = { accept, ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(`${url}${path}?${text}`, { headers, signal });
  if (!response.ok) throw new Refused(response, await response.text());
  return response;
}

/** Your work. An event may come twice, if this program ends before it has stored the id. */
function handle(event) {
  console.log(event.type.replace("EVENT_TYPE_", ""), event.resource_id);
}

/** Events are missing: compare what you have with what the gateway has. */
async function catchUp() {
  for (let after; ;) {
    const response = await request("/records", { limit: 1000, ...(after && { after }) }, "application/json");
    const page = await response.json();
    for (const record of page.records) console.log("STORED", record.cid);
    if (!page.next) return;
    after = page.next;
  }
}

let last = state && existsSync(state) ? readFileSync(state, "utf8").trim() : undefined;
let failures = 0;

/** Reads one stream to its end; returns the pause that the gateway asks for, in milliseconds. */
async function listen() {
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(new Error("silent")), silence);
  let pause;
  try {
    const query = { ...filter, ...(last && { last_event_id: last }) };
    const stream = await request("/events", query, "application/x-ndjson", abort.signal);
    failures = 0;
    const decoder = new TextDecoder();
    let rest = "";
    for await (const bytes of stream.body) {
      timer.refresh();
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop();
      for (const line of lines.filter(Boolean)) { // an empty line is a heartbeat
        const frame = JSON.parse(line);
        if (frame.type) {
          handle(frame);
          last = frame.id;
          if (state) writeFileSync(state, last);
        } else if (frame.dropped || frame.reset) {
          console.error("events are missing:", line);
          await catchUp();
        } else if (frame.goodbye) pause = frame.goodbye.retry;
      }
    }
    console.error("the stream has ended");
  } finally {
    clearTimeout(timer);
  }
  return pause;
}

for (;;) {
  let pause;
  try {
    pause = await listen();
  } catch (error) {
    if (error.isFinal) {
      console.error("refused:", error.message); // to try again would not help
      process.exit(1);
    }
    pause = error.pause;
    console.error("no stream:", error.cause?.message ?? error.message);
  }
  failures += 1;
  const backoff = Math.min(60_000, 1000 * 2 ** Math.min(failures - 1, 6)) * (0.5 + Math.random() / 2);
  await sleep(pause === undefined ? backoff : pause + Math.random() * 500);
}
