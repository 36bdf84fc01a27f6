// The HTTP API for people: shows /openapi.json and /asyncapi.json of this gateway.

import { make, one } from "../page/dom.js";
import { visibleJSON } from "../page/text.js";
import { inline, paragraphs } from "./markdown.js";
import { anchor, operationView } from "./operation.js";
import { resolved, schemaView } from "./schema.js";

const METHODS = ["get", "head", "post", "put", "patch", "delete"];

const read = async (path) => {
  const response = await fetch(path, { headers: { accept: "application/json" } });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
};

/** The operations of a chapter, in the order of the document. */
const operations = (document, tag) => Object.entries(document.paths).flatMap(([path, item]) =>
  METHODS.filter((method) => item[method]?.tags?.includes(tag))
    .map((method) => ({ path, method, operation: item[method] })));

const id = (title) => title.toLowerCase().replaceAll(" ", "-");

const chapter = (title, ...parts) => make("section", { "aria-labelledby": id(title) }, make("h2", { id: id(title) }, title), ...parts);

function problems(document) {
  const examples = Object.entries(document.components.examples);
  return chapter("Problems",
    make("p", {}, "Every refusal is a document ", make("code", {}, "application/problem+json"), " with ",
      make("code", {}, "type"), ", ", make("code", {}, "title"), ", ", make("code", {}, "status"), ", ",
      make("code", {}, "detail"), " and ", make("code", {}, "remedy"), "."),
    ...examples.map(([name, example]) => make("details", { class: "schema", id: `problem-${name}` },
      make("summary", {}, `${example.value.status} ${name}: ${example.summary}`),
      make("pre", { tabindex: "0" }, visibleJSON(example.value)))));
}

function frames(events) {
  const messages = Object.values(events.components.messages);
  return chapter("Frames of the stream", ...paragraphs(events.info.description),
    ...messages.map((message) => make("details", { class: "schema", id: `frame-${message.name}` },
      make("summary", {}, make("code", {}, message.name), ` ${message.title ?? message.summary}`),
      message.title && make("p", {}, ...inline(message.summary)),
      schemaView(events, message.payload),
      make("pre", { tabindex: "0" }, visibleJSON(message.examples[0].payload)))));
}

function schemas(document) {
  return chapter("Schemas", ...Object.entries(document.components.schemas).map(([name, schema]) =>
    make("details", { class: "schema", id: `schema-${name}` }, make("summary", {}, name),
      schemaView(document, schema) ?? make("pre", { tabindex: "0" }, visibleJSON(resolved(document, schema))))));
}

function contents(document, others) {
  const group = (title, links) => make("section", {}, make("p", { class: "chapter" }, make("a", { href: `#${id(title)}` }, title)), make("ul", {}, ...links));
  const links = document.tags.map(({ name }) => group(name, operations(document, name).map(({ path, method, operation }) =>
    make("li", { "data-words": `${method} ${path} ${operation.summary}`.toLowerCase() },
      make("a", { href: `#${anchor(operation)}` },
        make("span", { class: "method", "data-method": method }, method.toUpperCase()), make("span", {}, path))))));
  one("#links").append(...links, ...others.map((title) => group(title, [])));
  one("#find").addEventListener("input", ({ target }) => {
    const words = target.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of items()) item.hidden = !words.every((word) => item.dataset.words.includes(word));
  });
}

const items = () => one("#links").querySelectorAll("[data-words]");

/** Opens what the address names, and goes there: it was not there when the page was loaded. */
function goToAnchor() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.matches("details")) target.open = true;
  target.scrollIntoView();
}

async function show() {
  const [api, events] = await Promise.all([read("openapi.json"), read("asyncapi.json")]);
  one("#version").textContent = `version ${api.info.version}`;
  const intro = chapter("HTTP API", ...paragraphs(api.info.description),
    make("p", {}, "For machines: ", make("a", { href: "openapi.json" }, "openapi.json"), " and ",
      make("a", { href: "asyncapi.json" }, "asyncapi.json"), ". This page shows both."));
  one("#main").replaceChildren(intro,
    ...api.tags.map(({ name, description }) => chapter(name, make("p", {}, description),
      ...operations(api, name).map(({ path, method, operation }) => operationView(api, path, method, operation)))),
    frames(events), problems(api), schemas(api));
  contents(api, ["Frames of the stream", "Problems", "Schemas"]);
  if (matchMedia("(max-width: 760px)").matches) one("#contents details").open = false;
  goToAnchor();
  addEventListener("hashchange", goToAnchor);
}

show().catch((error) => {
  one("#loading").textContent = `The description cannot be loaded (${error.message}). `;
  one("#loading").append(make("button", { type: "button", onclick: () => location.reload() }, "Try again"));
});
