// Verifying a record, against its stored keys or against one that the user gives.

import { operations } from "../../directory-events.js";
import { attempt } from "../page/attempt.js";
import { make } from "../page/dom.js";
import { verificationLines } from "./signatures.js";

export class RecordVerify {
  #cid;
  #result = make("div", { class: "lines result", role: "status" });
  #key = make("textarea", { rows: "4", spellcheck: "false", placeholder: "-----BEGIN PUBLIC KEY-----" });
  element = make("div", { class: "lines" }, this.#result,
    make("details", {}, make("summary", {}, "Verify against a key"),
      make("label", { class: "lines" }, "Public key (PEM)", this.#key),
      make("button", { type: "button", onclick: () => this.run(this.#key.value.trim()) }, "Verify with this key")));
  /** What is known of the record: its signatures and the key of the gateway. */
  #known = { signatures: [] };

  constructor(cid) { this.#cid = cid; }

  /** Verifies, and says what came out and by whom. */
  async run(key = "") {
    const verification = await attempt(() => operations.verify(this.#cid, key || undefined));
    if (!verification) return;
    const { signatures, ownKey } = this.#known;
    this.#result.replaceChildren(...verificationLines(verification, signatures, ownKey, Boolean(key)));
  }

  /** Receives what is known of the record. A result is about other signatures if these have changed. */
  know(loaded) {
    const isSame = JSON.stringify(loaded.signatures) === JSON.stringify(this.#known.signatures);
    if (!isSame) this.#result.replaceChildren();
    this.#known = loaded;
  }
}
