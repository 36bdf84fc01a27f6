// A JSON schema as a list of properties, for people.

import { make } from "../page/dom.js";
import { inline } from "./markdown.js";

/** Follows references inside the document. */
export function resolved(document, value) {
  let found = value;
  for (let depth = 0; found?.$ref && depth < 8; depth += 1) {
    found = found.$ref.slice(2).split("/")
      .reduce((at, key) => at?.[key.replace(/~1/g, "/").replace(/~0/g, "~")], document);
  }
  return found ?? {};
}

const nameOf = (schema) => schema?.$ref?.split("/").at(-1);

/** Writes the type of a schema in a few words: `string (uuid)`, `list of Event`. */
export function kind(document, schema) {
  if (schema === undefined || schema === true) return "any value";
  const name = nameOf(schema);
  if (name) return name;
  const options = schema.oneOf ?? (schema.type ? undefined : schema.anyOf);
  if (options) return options.filter((option) => !isEmptyValue(option)).map((option) => kind(document, option)).join(" or ");
  if (schema.enum) return schema.enum.length > 6 ? "one of these" : schema.enum.map((value) => JSON.stringify(value)).join(", ");
  if (schema.type === "array") return `list of ${kind(document, schema.items)}`;
  const bounds = schema.minimum !== undefined && schema.maximum !== undefined
    ? ` ${schema.minimum} to ${schema.maximum}` : "";
  const format = schema.format ? ` (${schema.format})` : "";
  const preset = schema.default !== undefined ? `, default ${JSON.stringify(schema.default)}` : "";
  return `${schema.type ?? "any value"}${format}${bounds}${preset}`;
}

/** What a record may have in place of an attribute that is missing. */
const isEmptyValue = (schema) => schema.enum?.length === 3 && schema.enum[0] === null;

/** Shows a schema, with the schemas that it refers to inside. */
export function schemaView(document, schema, seen = []) {
  const name = nameOf(schema);
  if (name && seen.includes(name)) return undefined;
  const inside = name ? [...seen, name] : seen;
  const found = resolved(document, schema);
  const parts = [];
  if (found.description) parts.push(make("p", {}, ...inline(found.description)));
  if (found.enum && found.enum.length > 6) {
    parts.push(make("p", { class: "kinds" }, ...found.enum.map((value) => make("code", { class: "tag" }, String(value)))));
  }
  for (const option of found.oneOf ?? []) {
    if (option.properties || option.$ref) {
      const title = nameOf(option);
      if (title) parts.push(make("p", {}, `or ${title}:`));
      if (title) parts.push(schemaView(document, option, inside));
    }
  }
  if (found.properties) parts.push(properties(document, found, inside));
  if (found.type === "array") parts.push(schemaView(document, found.items, inside));
  const shown = parts.filter((part) => part !== undefined);
  return shown.length > 0 ? make("div", {}, ...shown) : undefined;
}

function properties(document, schema, seen) {
  return make("ul", { class: "properties" }, ...Object.entries(schema.properties).map(([name, value]) => {
    const found = resolved(document, value);
    const isRequired = schema.required?.includes(name);
    const nested = nestedView(document, value, seen);
    return make("li", {},
      make("code", {}, name), " ",
      make("span", { class: "kind" }, kind(document, value), isRequired ? ", required" : ""),
      ...(found.description && !value.$ref ? [" – ", ...inline(found.description)] : []),
      nested);
  }));
}

/** The properties of an object, or of the objects in a list. */
function nestedView(document, value, seen) {
  const name = nameOf(value) ?? nameOf(value.items);
  if (name && seen.includes(name)) return undefined;
  const target = resolved(document, value);
  const object = target.type === "array" ? resolved(document, target.items) : target;
  if (!object.properties) return undefined;
  return properties(document, object, name ? [...seen, name] : seen);
}
