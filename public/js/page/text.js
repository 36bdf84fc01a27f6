// Text for display: visible control characters, short ids, numbers with their nouns.

// Bidirectional controls make a name read as another; the rest of the controls show as nothing.
const CONTROLS = /\p{Bidi_Control}|[^\P{Cc}\t\n\r]/gu;

const code = (character) => character.codePointAt(0).toString(16).padStart(4, "0");

/** Writes control characters as `[U+202E]`, so that they are visible and have no effect. */
export const visible = (text) => text.replace(CONTROLS, (character) => `[U+${code(character).toUpperCase()}]`);

/** Writes a value as JSON with control characters escaped. */
export const visibleJSON = (value) =>
  JSON.stringify(value, null, 2).replace(CONTROLS, (character) => `\\u${code(character)}`);

/** Quotes an argument for a shell; one with control characters the way of bash, zsh and ksh. */
export function quoted(argument) {
  const escaped = argument.replace(/[\\']/g, "\\$&")
    .replace(/[\t\n\r]/g, (character) => `\\u${code(character)}`)
    .replace(CONTROLS, (character) => `\\u${code(character)}`);
  // Only an escaped control makes a `\u` that was not in the argument.
  const hasControls = escaped.replace(/\\[\\']/g, "").includes("\\u");
  return hasControls ? `$'${escaped}'` : `'${argument.replaceAll("'", "'\\''")}'`;
}

/** Returns a long id without its middle. */
export const shortened = (id) => (id.length > 22 ? `${id.slice(0, 10)}…${id.slice(-8)}` : id);

/** Returns the labels and metadata of an event, item by item. */
export const facts = (event) =>
  [...event.labels, ...Object.entries(event.metadata).map(([key, value]) => `${key}: ${value}`)];

/** Returns a number with its noun: `1 event`, `1,234 events`. */
export const counted = (number, noun, plural = `${noun}s`) =>
  `${number.toLocaleString()} ${number === 1 ? noun : plural}`;

/** Returns a size: `812 bytes`, `3.4 KiB`. */
export function size(bytes) {
  if (bytes < 1024) return counted(bytes, "byte");
  const [unit, factor] = bytes < 1024 ** 2 ? ["KiB", 1024] : ["MiB", 1024 ** 2];
  return `${(bytes / factor).toLocaleString(undefined, { maximumFractionDigits: 1 })} ${unit}`;
}

/** Returns a rate with as many digits as are of use. */
export const rate = (perSecond) => perSecond.toLocaleString(undefined, {
  maximumFractionDigits: perSecond < 1 ? 2 : perSecond < 10 ? 1 : 0,
});
