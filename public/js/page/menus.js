// Menus: `details` elements whose panel lies over the page. One is open at a time.

const open = () => document.querySelector("details.menu[open]");

/** Closes the open menu. */
export function closeMenu() {
  const menu = open();
  if (!menu) return false;
  if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
  menu.open = false;
  return true;
}

document.addEventListener("toggle", ({ target }) => {
  if (!target.matches?.("details.menu") || !target.open) return;
  for (const other of document.querySelectorAll("details.menu[open]")) if (other !== target) other.open = false;
}, true);

document.addEventListener("pointerdown", ({ target }) => {
  const menu = open();
  if (menu && !menu.contains(target)) menu.open = false;
});

// The focus has moved on: the panel must not cover what has it now.
document.addEventListener("focusin", ({ target }) => {
  const menu = open();
  if (menu && !menu.contains(target) && target !== document.body) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector("dialog[open]") && closeMenu()) event.stopImmediatePropagation();
});
