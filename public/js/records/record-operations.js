// The buttons of a record. They know its state: what is published can be unpublished, what this gateway
// has signed is signed.

import { operations } from "../../directory-events.js";
import { isSure } from "../page/ask.js";
import { attempt } from "../page/attempt.js";
import { make, say } from "../page/dom.js";
import { isSignedHere } from "./signatures.js";

export class RecordOperations {
  element = make("div", { class: "bar operations" });
  #cid;
  #actions;

  /**
   * @param {string} cid
   * @param {{onDone: () => void, onRemoved: () => void, onVerify: () => void, onDownload: () => void}} actions
   */
  constructor(cid, actions) { [this.#cid, this.#actions] = [cid, actions]; }

  /** Shows the buttons for what is known of the record; the focus stays. */
  fill(loaded) {
    const focused = [...this.element.children].indexOf(document.activeElement);
    const buttons = [
      loaded.isPublished
        ? this.#button("Unpublish", "Withdrawn.", () => operations.unpublish([this.#cid]))
        : this.#button("Publish", "Published.", () => operations.publish({ cids: [this.#cid] })),
      this.#sign(isSignedHere(loaded)),
      make("button", { type: "button", onclick: this.#actions.onVerify }, "Verify"),
      make("button", {
        type: "button", title: "Downloading is an event: Pulled", onclick: this.#actions.onDownload,
      }, "Download"),
      make("button", {
        type: "button", class: "danger", "data-needs": "records:write", onclick: () => this.#remove(loaded.name),
      }, "Delete"),
    ];
    this.element.replaceChildren(...buttons);
    // A button that cannot be pressed any longer cannot keep the focus: the next one gets it.
    if (focused >= 0) buttons.slice(focused).find((button) => !button.disabled)?.focus({ preventScroll: true });
  }

  #button(label, words, action) {
    return make("button", {
      type: "button", "data-needs": "records:write", onclick: async () => {
        if (!await isDone(action)) return;
        say(words);
        this.#actions.onDone();
      },
    }, label);
  }

  #sign(isSigned) {
    const button = this.#button(isSigned ? "Signed" : "Sign", "Signed.", () => operations.sign(this.#cid));
    button.disabled = isSigned;
    button.title = isSigned ? "This gateway has signed the record" : "Sign with the key of this gateway";
    return button;
  }

  async #remove(name) {
    const question = `Delete ${name ?? "the record"} with its publication, signatures and labels? This cannot be undone.`;
    if (!await isSure(question, "Delete")) return;
    // The event of the deletion may arrive before or after the response.
    if (!await isDone(() => operations.remove(this.#cid))) return;
    say("Deleted.");
    this.#actions.onRemoved();
  }
}

const isDone = (action) => attempt(async () => {
  await action();
  return true;
});
