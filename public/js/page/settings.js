// The settings of the page: colors, zone, shortcuts.

import { chooseZone, chosenZone, localZone } from "./clock.js";
import { one } from "./dom.js";
import { icon } from "./icons.js";
import { keep, kept } from "./storage.js";

/** Whether keys without a modifier are shortcuts (WCAG 2.1.4: they can be switched off). */
export const hasShortcuts = () => kept("keys", true);

export function showSettings() {
  const menu = one("#settings");
  one("#settings summary").append(icon("settings"));
  one("#local-zone").textContent = localZone() === "UTC" ? "local (UTC)" : `local (${localZone()})`;
  const choose = (name, value, change) => {
    for (const input of menu.querySelectorAll(`[name=${name}]`)) {
      input.checked = input.value === value;
      input.addEventListener("change", () => change(input.value));
    }
  };
  choose("theme", kept("theme", "system"), (theme) => {
    keep("theme", theme);
    dispatchEvent(new Event("themechosen"));
  });
  choose("zone", chosenZone(), chooseZone);
  const keys = one("#settings [name=keys]");
  keys.checked = hasShortcuts();
  keys.addEventListener("change", () => keep("keys", keys.checked));
}
