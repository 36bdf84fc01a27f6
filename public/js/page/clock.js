// Times in one format, in the zone that the user has chosen; relative times that stay current.

import { make } from "./dom.js";
import { keep, kept } from "./storage.js";

let zone = kept("zone", "local");

const two = (number) => String(number).padStart(2, "0");

/** The parts of a time in the chosen zone. */
function parts(time) {
  const minutes = zone === "utc" ? 0 : -time.getTimezoneOffset();
  const shifted = new Date(time.getTime() + minutes * 60000);
  const sign = minutes < 0 ? "-" : "+";
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return {
    date: shifted.toISOString().slice(0, 10), clock: shifted.toISOString().slice(11, 19),
    zone: minutes ? `UTC${sign}${two(hours)}:${two(rest)}` : "UTC",
  };
}

const isValid = (time) => !Number.isNaN(time.getTime());

/** Returns the time of day: `14:23:15`. */
export const clock = (time) => (isValid(time) ? parts(time).clock : "–");

/** Returns the time of day; of another day, also the day: `11-27 14:23`. */
export function dayClock(time, now = new Date()) {
  if (!isValid(time)) return "–";
  const { date, clock: hours } = parts(time);
  return date === parts(now).date ? hours : `${date.slice(5)} ${hours.slice(0, 5)}`;
}

/** Returns date, time and zone: `2026-11-28 14:23:15 UTC+01:00`. */
export function moment(time) {
  if (!isValid(time)) return "–";
  const { date, clock: hours, zone: name } = parts(time);
  return `${date} ${hours} ${name}`;
}

/** The name of the zone of this machine. */
export function localZone() {
  const chosen = zone;
  zone = "local";
  const { zone: name } = parts(new Date());
  zone = chosen;
  return name;
}

const UNITS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];

/** Returns a duration in its two largest units: `2 min 5 s`; below ten seconds with one decimal. */
export function duration(milliseconds) {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${Math.round(seconds * 10) / 10} s`;
  const index = UNITS.findIndex(([, size]) => seconds >= size);
  const [unit, size] = UNITS[index];
  const whole = Math.floor(seconds / size);
  const next = UNITS[index + 1];
  const rest = next ? Math.floor((seconds - whole * size) / next[1]) : 0;
  return rest ? `${whole} ${unit} ${rest} ${next[0]}` : `${whole} ${unit}`;
}

/** Returns how long ago a time is, in one unit. */
export function relative(time, now = Date.now()) {
  const seconds = Math.round((now - time.getTime()) / 1000);
  // The clock of the gateway may be ahead of that of this machine.
  if (seconds < 2) return "just now";
  const [unit, size] = UNITS.find(([, each]) => seconds >= each);
  return `${Math.floor(seconds / size)} ${unit} ago`;
}

const WAYS = { relative, clock, day: dayClock, moment };

/**
 * Makes the element of a time, which follows the clock and the chosen zone.
 * @param {Date} time
 * @param {"relative" | "clock" | "day" | "moment"} way
 */
export function timeElement(time, way) {
  if (!isValid(time)) return make("time", {}, "–");
  const element = make("time", { datetime: time.toISOString(), "data-way": way });
  write(element, time);
  return element;
}

function write(element, time = new Date(element.getAttribute("datetime"))) {
  const words = WAYS[element.dataset.way](time);
  if (element.textContent !== words) element.textContent = words;
  const title = element.dataset.way === "relative" ? moment(time) : `${moment(time)}, ${relative(time)}`;
  if (element.title !== title) element.title = title;
}

const update = (selector) => { for (const element of document.querySelectorAll(selector)) write(element); };

setInterval(() => { if (!document.hidden) update("time[data-way=relative]"); }, 1000);

/** Which zone is chosen: `local` or `utc`. */
export const chosenZone = () => zone;

/** Chooses the zone of all times on the page. */
export function chooseZone(wanted) {
  zone = wanted;
  keep("zone", wanted);
  update("time[data-way]");
  dispatchEvent(new Event("zonechange"));
}
