// The faults of what was pushed, each with its place.

import { make, one } from "../page/dom.js";
import { counted } from "../page/text.js";
import { lineOf } from "./json-fault.js";
import { placeOf } from "./json-places.js";

/** The most lines in the list of faults. */
const MOST = 100;

const element = () => one("#faults");

/** Removes what is shown. */
export const clearFaults = () => element().replaceChildren();

/** Shows a fault without a place. */
export const showMessage = (...words) => element().replaceChildren(make("p", {}, ...words));

/** Shows a broken JSON text: what is wrong, and where. */
export function showBroken(fault, editor) {
  editor.mark([fault.line]);
  element().replaceChildren(make("p", {}, "This is not JSON:"), make("ol", {}, make("li", {}, jump(
    `line ${fault.line}, column ${fault.column}: ${fault.message}`, fault, editor))));
}

/** Shows the faults of a record. */
export function showFaults(faults, text, editor) {
  const places = faults.map((fault) => {
    const place = placeOf(text, fault.pointer);
    return { ...fault, ...place, ...lineOf(text, place.start) };
  });
  editor.mark(places.map(({ line }) => line));
  element().replaceChildren(
    make("p", {}, `${counted(faults.length, "error")}:`),
    make("ol", {}, ...places.map((place) => make("li", {}, jump(
      `line ${place.line}: ${place.pointer || "the record"} ${place.detail}`, place, editor)))));
}

/** Shows the lines of NDJSON that were refused; those of a file cannot be jumped to. */
export function showRefused(results, summary, text, editor) {
  const refused = results.filter(({ status }) => status >= 400);
  if (text !== undefined) editor.mark(refused.map(({ line }) => line));
  const starts = text?.split("\n").reduce((all, line) => [...all, all.at(-1) + line.length + 1], [0]);
  const items = refused.slice(0, MOST).map((result) => {
    const faults = result.errors?.map(({ pointer, detail }) => `${pointer || "the record"} ${detail}`);
    const reasons = faults?.join("; ") ?? result.detail ?? result.title;
    const words = result.line ? `line ${result.line}: ${reasons}` : reasons;
    if (!starts || !result.line) return make("li", {}, words);
    const [start, end] = [starts[result.line - 1], starts[result.line] - 1];
    return make("li", {}, jump(words, { start, end, line: result.line }, editor));
  });
  element().replaceChildren(make("p", {}, summary), make("ol", {}, ...items),
    refused.length > MOST && make("p", {}, `and ${(refused.length - MOST).toLocaleString()} more`) || "");
}

const jump = (words, place, editor) => make("button", { type: "button", onclick: () => editor.select(place) }, words);
