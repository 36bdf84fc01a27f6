// Keys that do what buttons do. None works while the user writes, or while a dialog is open.

import { make, one } from "./dom.js";
import { hasShortcuts } from "./settings.js";

const SECOND_KEY = 1500;

/** @typedef {{keys: string, words: string, run: () => void}} Shortcut  `keys` is one key, or two: `g l` */

/** @param {Shortcut[]} shortcuts */
export function listenForKeys(shortcuts) {
  let first;
  let since = 0;
  const help = { keys: "?", words: "show this list", run: () => one("#keys").showModal() };
  const all = [...shortcuts, help];
  one("#open-keys").addEventListener("click", help.run);
  one("#key-list").replaceChildren(...all.map(({ keys, words }) => make("div", {},
    make("dt", {}, ...keys.split(" ").flatMap((key, index) => [index ? " then " : "", make("kbd", {}, key)])),
    make("dd", {}, words))));

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (isWriting(event.target) || document.querySelector("dialog[open]") || !hasShortcuts()) return;
    const pair = first && Date.now() - since < SECOND_KEY ? `${first} ${event.key}` : undefined;
    const found = all.find(({ keys }) => keys === pair) ?? all.find(({ keys }) => keys === event.key);
    first = undefined;
    if (found) {
      event.preventDefault();
      found.run();
    } else if (all.some(({ keys }) => keys.startsWith(`${event.key} `))) {
      [first, since] = [event.key, Date.now()];
    }
  });
}

const isWriting = (element) => element.matches?.("textarea, select, [contenteditable]")
  || (element.matches?.("input") && !["checkbox", "radio", "button"].includes(element.type));
