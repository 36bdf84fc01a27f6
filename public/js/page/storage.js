// What this browser keeps: the settings of the page, and saved filters. It may refuse to keep anything.

const PREFIX = "directory-gateway.";

/** Returns a kept value, or the fallback. */
export function kept(name, fallback) {
  try { return JSON.parse(localStorage.getItem(PREFIX + name)) ?? fallback; } catch { return fallback; }
}

/** Keeps a value, if the browser allows it. */
export function keep(name, value) {
  try { localStorage.setItem(PREFIX + name, JSON.stringify(value)); } catch { /* it lasts as long as the page */ }
}
