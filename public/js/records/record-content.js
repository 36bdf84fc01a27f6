// The content of a record. Reading it is an event, so it is read when the user asks for it, unless the
// gateway can give it without one.

import { operations } from "../../directory-events.js";
import { attempt } from "../page/attempt.js";
import { download, make } from "../page/dom.js";
import { visibleJSON } from "../page/text.js";

export class RecordContent {
  element = make("div", { class: "lines" });
  /** The description, which is part of the content. */
  about = make("p", { class: "about" });
  /** The content; it never changes. */
  text;
  #cid;
  #isLeft = false;

  constructor(cid) {
    this.#cid = cid;
    this.element.append(
      make("p", { class: "faint" }, `Reading the content of a record is an event, Pulled, for everyone who listens.
        It is not read by looking at this page.`),
      make("div", {}, make("button", { type: "button", onclick: () => this.#read() }, "Read the content")));
  }

  /** Shows the content, if it is known. */
  fill(text) {
    if (text === undefined || this.text !== undefined) return;
    this.text = text;
    const record = JSON.parse(text);
    this.about.replaceChildren(make("bdi", {}, String(record.description ?? "")));
    this.element.replaceChildren(
      make("pre", { tabindex: "0", "aria-label": "The content of the record" }, visibleJSON(record)));
  }

  /** Offers the content as a file. */
  async download() {
    const text = this.text ?? await attempt(() => operations.pull(this.#cid));
    if (text !== undefined) download(`${this.#cid}.json`, text, "application/json");
  }

  /** The record is not stored any longer: what was not read cannot be read. */
  leave() {
    this.#isLeft = true;
    if (this.text === undefined) this.element.replaceChildren(make("p", { class: "faint" }, "It was not read."));
  }

  async #read() {
    const text = await attempt(() => operations.pull(this.#cid));
    if (this.#isLeft) return;
    this.fill(text);
    this.element.querySelector("pre")?.focus({ preventScroll: true });
  }
}
