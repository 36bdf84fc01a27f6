// One operation: what it does, how to call it, what it returns and refuses.

import { copyButton, make } from "../page/dom.js";
import { quoted, visibleJSON } from "../page/text.js";
import { inline, paragraphs } from "./markdown.js";
import { kind, resolved, schemaView } from "./schema.js";

/** The id of an operation in the address of the page. */
export const anchor = (operation) => operation.operationId;

/** Shows an operation. */
export function operationView(document, path, method, operation) {
  return make("article", { class: "operation", id: anchor(operation), "aria-label": `${method.toUpperCase()} ${path}` },
    make("header", {},
      make("h3", {}, make("span", { class: "method", "data-method": method }, method.toUpperCase()), " ", make("code", {}, path)),
      make("a", { href: `#${anchor(operation)}`, "aria-label": `Link to ${method.toUpperCase()} ${path}`, title: "Link" }, "#")),
    make("p", {}, ...inline(sentence(operation.summary))),
    ...paragraphs(operation.description ?? ""),
    scope(operation),
    ...parameters(document, operation),
    ...body(document, operation),
    ...responses(document, operation),
    make("h4", {}, "Try it"),
    example(document, path, method, operation));
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;

function scope(operation) {
  const needed = (operation.security ?? []).flatMap((way) => Object.values(way).flat());
  if (needed.length === 0) return undefined;
  return make("p", { class: "kind" }, "Needs the scope ", make("code", {}, needed[0]), " while ", make("code", {}, "auth.mode"), " is ", make("code", {}, "token"), ".");
}

/** A table in a frame that scrolls on a narrow page. */
function table(name, columns, rows) {
  return make("div", { class: "table", tabindex: "0", role: "group", "aria-label": name },
    make("table", {},
      make("thead", {}, make("tr", {}, ...columns.map((column) => make("th", { scope: "col" }, column)))),
      make("tbody", {}, ...rows)));
}

function parameters(document, operation) {
  const list = operation.parameters ?? [];
  if (list.length === 0) return [];
  const rows = list.map((parameter) => make("tr", {},
    make("td", {}, make("code", {}, parameter.name)),
    make("td", {}, parameter.in === "query" ? "query" : parameter.in, parameter.required ? ", required" : ""),
    make("td", {}, kind(document, parameter.schema)),
    make("td", {}, ...inline(parameter.description ?? ""))));
  return [make("h4", {}, "Parameters"), table("Parameters", ["name", "in", "value", "meaning"], rows)];
}

/** Writes an example as people read it. */
const shown = (value) => (typeof value === "string" ? value : visibleJSON(value));

function media(document, type, content) {
  const view = schemaView(document, content.schema ?? {});
  return [
    make("p", {}, make("code", {}, type), " ", make("span", { class: "kind" }, kind(document, content.schema))),
    view && make("details", { class: "schema" }, make("summary", {}, "Schema"), view),
    content.example !== undefined && hasContent(content.example) && make("pre", { tabindex: "0" }, shown(content.example)),
  ];
}

const hasContent = (example) => typeof example !== "object" || Object.keys(example).length > 0;

function body(document, operation) {
  const content = Object.entries(operation.requestBody?.content ?? {});
  if (content.length === 0) return [];
  return [make("h4", {}, "Body"), ...content.flatMap(([type, value]) => media(document, type, value))];
}

function responses(document, operation) {
  const parts = [make("h4", {}, "Responses")];
  const refused = [];
  for (const [status, given] of Object.entries(operation.responses)) {
    const response = resolved(document, given);
    const problems = response.content?.["application/problem+json"]?.examples;
    if (problems || Number(status) >= 400) {
      refused.push(...Object.keys(problems ?? {}).map((name) => ({ name, status })));
      continue;
    }
    parts.push(make("p", {}, make("strong", {}, status), " ", ...inline(response.description)));
    for (const [name, field] of Object.entries(response.headers ?? {})) {
      parts.push(make("p", {}, make("code", {}, name), ": ", ...inline(field.description)));
    }
    parts.push(...Object.entries(response.content ?? {}).flatMap(([type, value]) => media(document, type, value)));
  }
  if (refused.length > 0) {
    parts.push(make("h4", {}, "Problems"), make("p", { class: "kinds" }, ...refused.map(({ name, status }) =>
      make("a", { class: "tag", href: `#problem-${name}` }, `${status} ${name}`))));
  }
  return parts;
}

/** A command for a shell, with the examples of the document and the address of this gateway. */
export function command(path, method, operation, origin) {
  const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === "path");
  const filled = inPath.reduce(
    (text, parameter) => text.replace(`{${parameter.name}}`, String(parameter.example)), path);
  const words = ["curl"];
  if (method === "head") words.push("-I");
  else if (method !== "get" && !(method === "post" && operation.requestBody)) words.push("-X", method.toUpperCase());
  if (operation.responses["200"]?.content?.["text/event-stream"]) words.push("-N");
  const [type, value] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  if (type) words.push("-H", quoted(`Content-Type: ${type}`), "-d", quoted(JSON.stringify(value.example)));
  words.push(quoted(origin + filled));
  return words.join(" ");
}

function example(document, path, method, operation) {
  const text = command(path, method, operation, location.origin);
  return make("div", { class: "bar" }, make("pre", { tabindex: "0", class: "space" }, text), copyButton(text, "the command"));
}
