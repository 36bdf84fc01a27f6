// The blocks of an event stream (WHATWG HTML §9.2.6), from text that arrives in pieces.

/**
 * @typedef {object} Block
 * @property {string} event    the name; empty if there is none
 * @property {string} data     its lines, joined; empty if there are none
 * @property {number} [retry]  milliseconds
 * @property {string} [id]     the id of the event
 */

export class BlockParser {
  #rest = "";
  #block = empty();

  /**
   * Parses a piece of the stream.
   * @param {string} text
   * @returns {Block[]} the blocks that end in it, also those with comments only
   */
  add(text) {
    // A carriage return at the very end may be the first half of a line end.
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    const blocks = [];
    for (const line of lines) {
      if (line !== "") {
        this.#field(line);
      } else {
        const { event, data, retry, id } = this.#block;
        blocks.push({ event, data: data.join("\n"), retry, id });
        this.#block = empty();
      }
    }
    return blocks;
  }

  #field(line) {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.#block.event = value;
    else if (name === "data") this.#block.data.push(value);
    else if (name === "retry" && /^\d+$/.test(value)) this.#block.retry = Number(value);
    // An id with a null character is none (WHATWG HTML §9.2.6).
    else if (name === "id" && !value.includes("\0")) this.#block.id = value;
  }
}

const empty = () => ({ event: "", data: [], retry: undefined, id: undefined });
