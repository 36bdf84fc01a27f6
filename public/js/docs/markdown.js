// The little Markdown that the descriptions have: paragraphs, code between backticks, links.

import { make } from "../page/dom.js";

const PART = /`([^`]+)`|\[([^\]]+)\]\((https?:\/\/[^)\s]+|#[^)\s]*)\)/g;

/** Returns the text of one paragraph as nodes. */
export function inline(text) {
  const parts = [];
  let place = 0;
  for (const match of text.matchAll(PART)) {
    if (match.index > place) parts.push(text.slice(place, match.index));
    parts.push(match[1] ? make("code", {}, match[1]) : make("a", { href: match[3] }, match[2]));
    place = match.index + match[0].length;
  }
  if (place < text.length) parts.push(text.slice(place));
  return parts;
}

/** Returns the paragraphs of a text. */
export const paragraphs = (text) => text.split(/\n\s*\n/).filter((part) => part.trim() !== "")
  .map((part) => make("p", {}, ...inline(part.trim())));
