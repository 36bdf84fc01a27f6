// Finds the value of a JSON Pointer (RFC 6901) in a JSON text.

/**
 * @param {string} text     JSON that can be read
 * @param {string} pointer  `/skills/0/name`; may name a missing value
 * @returns {{start: number, end: number}} of the value, or of the nearest one around it
 */
export function placeOf(text, pointer) {
  const wanted = pointer.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  let at = 0;
  let best = { start: 0, end: 0, depth: -1 };

  const skipSpaces = () => { while (" \t\r\n".includes(text[at]) && at < text.length) at += 1; };
  const string = () => {
    const start = at;
    at += 1;
    while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    at += 1;
    return JSON.parse(text.slice(start, at));
  };
  const value = (depth, isOnPath) => {
    skipSpaces();
    const start = at;
    if (text[at] === "{" || text[at] === "[") {
      const isObject = text[at] === "{";
      at += 1;
      for (let index = 0; ; index += 1) {
        skipSpaces();
        if (at >= text.length || text[at] === "}" || text[at] === "]") break;
        const key = isObject ? string() : String(index);
        if (isObject) { skipSpaces(); at += 1; }
        value(depth + 1, isOnPath && wanted[depth] === key);
        skipSpaces();
        if (text[at] === ",") at += 1;
      }
      at += 1;
    } else if (text[at] === '"') {
      string();
    } else {
      while (at < text.length && !",]} \t\r\n".includes(text[at])) at += 1;
    }
    if (isOnPath && depth > best.depth) best = { start, end: at, depth };
  };
  try { value(0, true); } catch { /* not JSON: the beginning will do */ }
  // For a missing value, the brace of the object that should have it.
  return best.depth < wanted.length ? { start: best.start, end: best.start + 1 } : best;
}

/**
 * Returns the elements of an array as they are written; none if there is no such array.
 * @param {string} text     JSON that can be read
 * @param {string} pointer  of the array
 * @returns {string[]}
 */
export function elementsOf(text, pointer) {
  const { start, end } = placeOf(text, pointer);
  const found = [];
  const array = text.slice(start, end);
  if (array[0] !== "[" || end - start < 2) return found;
  let [depth, from, isString] = [0, 1, false];
  for (let at = 0; at < array.length; at += 1) {
    const character = array[at];
    if (isString) {
      if (character === "\\") at += 1;
      else if (character === '"') isString = false;
    } else if (character === '"') {
      isString = true;
    } else if ("[{".includes(character)) {
      depth += 1;
    } else if ("]}".includes(character) || (character === "," && depth === 1)) {
      if (character !== ",") depth -= 1;
      if (depth > 1 || (character !== "," && depth === 1)) continue;
      const element = array.slice(from, at).trim();
      if (element) found.push(element);
      from = at + 1;
    }
  }
  return found;
}
