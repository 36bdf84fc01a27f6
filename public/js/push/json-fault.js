// Finds the first fault of a JSON text, with its place. `JSON.parse` says it in other words, or without
// a place, in each browser; and it accepts a key twice, which the gateway does not.

class Fault extends Error {
  constructor(at, message, length = 1) {
    super(message);
    Object.assign(this, { at, length });
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const WORD = /[A-Za-z_$][\w$]*/y;
const LITERALS = new Set(["true", "false", "null"]);

class Reader {
  at = 0;

  constructor(text) { this.text = text; }

  read() {
    this.#spaces();
    this.#value();
    this.#spaces();
    if (this.at < this.text.length) throw new Fault(this.at, "there is more after the end of the value");
  }

  get #next() { return this.text[this.at]; }

  #spaces() { while (this.at < this.text.length && " \t\r\n".includes(this.#next)) this.at += 1; }

  #value() {
    switch (this.#next) {
      case undefined: throw new Fault(this.at, "the text ends where a value is expected", 0);
      case "{": return this.#list("}", () => this.#member(), new Set());
      case "[": return this.#list("]", () => this.#value());
      case "\"": return this.#string();
      default: return this.#plain();
    }
  }

  #list(end, item, keys) {
    const start = this.at;
    this.at += 1;
    this.#keys.push(keys);
    this.#spaces();
    while (this.#next !== end) {
      item();
      this.#spaces();
      if (this.#next === end) break;
      if (this.#next === undefined) throw new Fault(start, `this ${this.text[start]} is never closed with ${end}`);
      if (this.#next !== ",") throw new Fault(this.at, `a comma or ${end} is expected here`);
      const comma = this.at;
      this.at += 1;
      this.#spaces();
      if (this.#next === end) throw new Fault(comma, `there is a comma before ${end}`);
    }
    this.#keys.pop();
    this.at += 1;
  }

  #keys = [];

  #member() {
    const start = this.at;
    if (this.#next === undefined) throw new Fault(this.at, "the text ends within an object", 0);
    if (this.#next !== "\"") throw new Fault(this.at, "a key in double quotes is expected here");
    const key = this.#string();
    const keys = this.#keys.at(-1);
    if (keys.has(key)) throw new Fault(start, `the key ${JSON.stringify(key)} is there twice`, this.at - start);
    keys.add(key);
    this.#spaces();
    if (this.#next !== ":") throw new Fault(this.at, `a colon is expected after the key ${JSON.stringify(key)}`);
    this.at += 1;
    this.#spaces();
    this.#value();
  }

  #string() {
    const start = this.at;
    for (this.at += 1; this.#next !== "\""; this.at += 1) {
      if (this.#next === undefined || this.#next === "\n" || this.#next === "\r") {
        throw new Fault(start, "this string is not closed on its line", this.at - start);
      }
      if (this.#next < " ") throw new Fault(this.at, "a control character has to be escaped in a string");
      if (this.#next === "\\") this.#escape();
    }
    this.at += 1;
    return JSON.parse(this.text.slice(start, this.at));
  }

  #escape() {
    const rest = this.text.slice(this.at + 1, this.at + 6);
    if (/^u[0-9a-fA-F]{4}/.test(rest)) this.at += 5;
    else if (/^["\\/bfnrt]/.test(rest)) this.at += 1;
    else throw new Fault(this.at, "this escape is not one of JSON", 2);
  }

  #plain() {
    for (const pattern of [NUMBER, WORD]) {
      pattern.lastIndex = this.at;
      const [found] = pattern.exec(this.text) ?? [];
      if (!found) continue;
      if (pattern === WORD && !LITERALS.has(found)) {
        throw new Fault(this.at, `${found} is not a value; a string needs double quotes`, found.length);
      }
      this.at += found.length;
      return;
    }
    const isQuote = this.#next === "'" || this.#next === "“";
    throw new Fault(this.at, isQuote ? "strings need double quotes" : "a value is expected here");
  }
}

/**
 * Returns the first fault of a JSON text; undefined if it has none.
 * @param {string} text
 * @returns {{start: number, end: number, line: number, column: number, message: string} | undefined}
 */
export function faultOf(text) {
  try {
    new Reader(text).read();
    return undefined;
  } catch (fault) {
    if (fault instanceof RangeError) return { ...lineOf(text, 0), start: 0, end: 0, message: "it is nested too deeply" };
    if (!(fault instanceof Fault)) throw fault;
    return { start: fault.at, end: fault.at + fault.length, ...lineOf(text, fault.at), message: fault.message };
  }
}

/** Returns the line and the column of a place, both from 1. */
export function lineOf(text, at) {
  const before = text.slice(0, at);
  const start = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: [...before.slice(start)].length + 1 };
}
