// Pushing a record: pasted, from a file, or dropped on the page; each error at its place.

import { operations } from "../directory-events.js";
import { make, one, say } from "./dom.js";
import { placeOf } from "./json-places.js";

export class PushDialog {
  #dialog = one("#push");
  #text = one("#push-text");
  #faults = one("#faults");

  /** @param {(cid: string) => void} onPushed */
  constructor(onPushed) {
    this.onPushed = onPushed;
    one("#open-push").addEventListener("click", () => this.open());
    one("#push-send").addEventListener("click", () => this.#send());
    one("#push-file").addEventListener("change", ({ target }) => this.#read(target.files[0]));
    addEventListener("dragover", (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      document.body.classList.add("dropping");
    });
    addEventListener("dragleave", ({ relatedTarget }) => {
      if (!relatedTarget) document.body.classList.remove("dropping");
    });
    addEventListener("drop", (event) => {
      document.body.classList.remove("dropping");
      const file = event.dataTransfer.files[0];
      if (!file) return;
      event.preventDefault();
      this.open();
      this.#read(file);
    });
  }

  open() {
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#text.focus();
  }

  async #read(file) {
    if (!file) return;
    this.#text.value = await file.text();
    this.#faults.replaceChildren();
  }

  async #send() {
    const send = one("#push-send");
    send.disabled = true;
    this.#faults.replaceChildren();
    this.#text.removeAttribute("aria-invalid");
    try {
      const { cid, isNew } = await operations.push(this.#text.value);
      this.#dialog.close();
      this.#text.value = "";
      say(isNew ? "Pushed." : "The record was stored already.");
      this.onPushed(cid);
    } catch (error) {
      this.#show(error);
    } finally {
      send.disabled = false;
    }
  }

  #show(error) {
    this.#text.setAttribute("aria-invalid", "true");
    const message = error.name === "TypeError" ? "The gateway cannot be reached." : error.message;
    if (!error.faults?.length) return this.#faults.replaceChildren(make("p", {}, message));
    const text = this.#text.value;
    const items = error.faults.map(({ pointer, detail }) => {
      const place = placeOf(text, pointer);
      const line = text.slice(0, place.start).split("\n").length;
      return make("li", {}, make("button", {
        type: "button", onclick: () => {
          this.#text.focus();
          this.#text.setSelectionRange(place.start, place.end);
          // Selecting does not scroll in every browser.
          this.#text.scrollTop = Math.max(0, line - 4) * (this.#text.scrollHeight / text.split("\n").length);
        },
      }, `line ${line}: ${pointer || "the record"} ${detail}`));
    });
    this.#faults.replaceChildren(
      make("p", {}, `${items.length} error${items.length > 1 ? "s" : ""}:`), make("ol", {}, ...items));
  }
}
