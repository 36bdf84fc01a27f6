// Small helpers for the pages. Text from outside is only set as text, and with its
// control characters visible.

import { icon } from "./icons.js";
import { visible } from "./text.js";

/** Returns the element of a selector. */
export const one = (selector) => document.querySelector(selector);

/** The attributes that people read. */
const READ = new Set(["title", "aria-label"]);

/**
 * Makes an element: `make("a", { href, class: "x", onclick }, "text", child)`.
 * @returns {HTMLElement}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) {
      element.setAttribute(name, READ.has(name) ? visible(value) : value);
    }
  }
  element.append(...children.filter((child) => child !== undefined && child !== null && child !== false)
    .map((child) => (typeof child === "string" ? visible(child) : child)));
  return element;
}

let timer;

/** Shows a message for a short time. */
export function say(text) {
  one("#toast").textContent = visible(text);
  clearTimeout(timer);
  timer = setTimeout(() => { one("#toast").textContent = ""; }, 5000);
}

/** Copies a text, also without permission to use the clipboard. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = make("textarea", { class: "hidden" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  say("Copied.");
}

/** A button that copies. */
export const copyButton = (text, what) => make("button", {
  type: "button", class: "bare", "aria-label": `Copy ${what}`, title: `Copy ${what}`, onclick: () => copy(text),
}, icon("copy"));

/** Writes a text if it is another one: a status that is written again is announced again. */
export function write(element, text) {
  const words = visible(text);
  if (element.textContent !== words) element.textContent = words;
}

/** Offers a text as a file. */
export function download(name, text, type) {
  const link = make("a", { download: name, href: URL.createObjectURL(new Blob([text], { type })) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
