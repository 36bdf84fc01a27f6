// A type of event as people see it: its icon and its words, in its color.

import { make } from "../page/dom.js";
import { icon } from "../page/icons.js";
import { typeWords } from "./event-types.js";

/** Makes the label of a type; as a link, if it has an address of this page. */
export function typeLabel(type, href) {
  const attributes = href ? { class: "type", href, "data-inside": true } : { class: "type" };
  const label = make(href ? "a" : "span", attributes, icon(type), typeWords(type));
  label.style.color = `var(--${type})`;
  return label;
}
