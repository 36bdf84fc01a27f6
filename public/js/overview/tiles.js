// The tiles of the overview: a value, and what it means.

import { timeElement } from "../page/clock.js";
import { make, one } from "../page/dom.js";
import { counted, rate } from "../page/text.js";

/** Returns a time in the unit that suits it. */
export function short(seconds) {
  if (seconds === undefined) return "–";
  if (seconds >= 1) return `${rate(seconds)} s`;
  return seconds >= 0.001 ? `${rate(seconds * 1000)} ms` : `${rate(seconds * 1000000)} µs`;
}

const number = (value) => (value === undefined ? "–" : value.toLocaleString());

/**
 * Shows the tiles.
 * @param {import("./sources.js").Sources} sources
 */
export function showTiles(sources) {
  const tiles = [
    records(sources), subscribers(sources), events(sources), drops(sources),
    times("Commits", "store_commit_seconds", sources), times("Publish to write", "publish_to_write_seconds", sources),
    syncs(sources), webhooks(sources),
  ].filter(Boolean);
  const grid = one("#tiles");
  tiles.forEach((tile, index) => {
    // Unchanged tiles stay: a link keeps its focus.
    const old = grid.children[index];
    if (!old) grid.append(tile);
    else if (old.outerHTML !== tile.outerHTML) replace(old, tile);
  });
  while (grid.children.length > tiles.length) grid.lastChild.remove();
}

function replace(old, tile) {
  const hadFocus = old.contains(document.activeElement);
  old.replaceWith(tile);
  if (hadFocus) tile.querySelector("a")?.focus({ preventScroll: true });
}

/** Makes a tile; without a value it says why. */
function tile(title, value, facts, { href, kind } = {}) {
  const words = facts.filter(Boolean).flatMap((fact, index) => (index ? [", ", fact] : [fact]));
  return make("section", { class: kind ? `tile ${kind}` : "tile" },
    make("h3", {}, href ? make("a", { href }, title) : title),
    make("p", { class: "value number" }, value), make("p", { class: "faint" }, ...words));
}

const unknown = (title, reason, href) => tile(title, "–", [reason ?? "not known"], { href, kind: "unknown" });

function records({ metrics, listing, reasons }) {
  const stored = metrics?.now.sum("records") ?? listing?.total ?? (listing?.next ? undefined : listing?.records.length);
  if (stored === undefined && !listing) return unknown("Records", reasons.listing, "#records");
  const all = listing?.records ?? [];
  const part = listing?.next ? `of the newest ${all.length.toLocaleString()}: ` : "";
  const published = metrics?.now.first("records_published", "published") ?? all.filter((each) => each.published).length;
  const signed = metrics?.now.first("records_signed", "signed") ?? all.filter((each) => each.signatures).length;
  const facts = [`${part}${number(published)} published`, `${number(signed)} signed`];
  return tile("Records", number(stored), facts, { href: "#records" });
}

function subscribers({ metrics, subscribers: all, reasons }) {
  const open = metrics?.now.sum("subscribers") ?? all?.length;
  if (open === undefined) return unknown("Subscribers", reasons.subscribers, "#subscribers");
  const behind = all?.toSorted((a, b) => b.queued - a.queued || b.dropped - a.dropped)[0];
  const slowest = behind && (behind.queued || behind.dropped)
    ? `slowest: ${behind.address} with ${behind.queued.toLocaleString()} queued, ${behind.dropped.toLocaleString()} dropped`
    : all ? "none is behind" : "the slowest is not shown to you";
  return tile("Subscribers", number(open), [slowest], { href: "#subscribers" });
}

function events({ metrics, live }) {
  const speed = metrics?.speed("events_published_total") ?? live.speed;
  const all = metrics?.now.sum("events_published_total");
  return tile("Events per second", rate(speed), [
    all === undefined ? "from the stream of this page" : `${counted(all, "event")} since the start`], { href: "#live" });
}

function drops({ metrics, live, reasons }) {
  if (!metrics) {
    const kind = live.dropped ? "bad" : undefined;
    return tile("Dropped", number(live.dropped), ["for this page", reasons.metrics], { kind });
  }
  const recent = metrics.growth("events_dropped_total") ?? 0;
  const all = metrics.now.sum("events_dropped_total") ?? 0;
  const words = metrics.seconds > 1 ? `${number(recent)} lately` : undefined;
  return tile("Dropped", number(all), ["events since the start", words],
    { kind: recent ? "bad" : undefined, href: "#subscribers" });
}

function times(title, name, { metrics, reasons }) {
  if (!metrics) return unknown(title, reasons.metrics);
  const { median, high, count, isRecent } = metrics.times(name);
  if (!count) return tile(title, "–", ["none yet"]);
  return tile(title, `${short(median)}`, [`p50; p99 ${short(high)}`, isRecent ? "last five minutes" : "since the start"],
    { kind: high > 1 ? "bad" : undefined });
}

function syncs({ syncs: page, reasons }) {
  if (!page) return unknown("Syncs", reasons.syncs, "#syncs");
  const number = (...states) => page.syncs.filter(({ status }) => states.includes(status)).length;
  const running = number("PENDING", "IN_PROGRESS");
  const failed = number("FAILED");
  const last = page.syncs.find(({ status }) => status === "FAILED");
  const facts = [
    failed ? `${failed.toLocaleString()} of ${page.next ? "the newest " : ""}${page.syncs.length} failed` : "none failed",
    last && make("span", {}, "the last one ", timeElement(new Date(last.updated_at), "relative"))];
  return tile("Syncs", `${running} running`, facts, { href: "#syncs", kind: failed ? "warn" : undefined });
}

function webhooks({ webhooks: page }) {
  if (!page) return undefined;
  const all = page.webhooks ?? [];
  const disabled = all.filter(({ state }) => state === "disabled").length;
  const failing = all.filter(({ state }) => state === "retrying").length;
  return tile("Webhooks", number(all.length), [`${failing} failing`, `${disabled} disabled`],
    { href: "#webhooks", kind: failing || disabled ? "warn" : undefined });
}
