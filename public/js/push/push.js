// Pushing records: pasted, from a file, or dropped on the page.

import { operations } from "../../directory-events.js";
import { one, say, write } from "../page/dom.js";
import { counted, size } from "../page/text.js";
import { Editor } from "./editor.js";
import { example } from "./example.js";
import { clearFaults, showBroken, showFaults, showMessage, showRefused } from "./faults.js";
import { faultOf } from "./json-fault.js";
import { isLines, pushLines } from "./many.js";

/** A larger file is not shown in the editor. */
const LARGEST_TEXT = 1 << 20;

export class PushDialog {
  #dialog = one("#push");
  #editor = new Editor(() => this.#changed());
  #send = one("#push-send");
  /** A file that is too large for the editor. */
  #file;
  #onPushed;
  #onManyPushed;

  /**
   * @param {(cid: string) => void} onPushed  called with the cid of a record
   * @param {() => void} onManyPushed
   */
  constructor(onPushed, onManyPushed) {
    [this.#onPushed, this.#onManyPushed] = [onPushed, onManyPushed];
    one("#open-push").addEventListener("click", () => this.open());
    one("#push-example").addEventListener("click", () => this.#insert(example()));
    this.#send.addEventListener("click", () => this.#push());
    one("#push-file").addEventListener("change", ({ target }) => {
      this.#read(target.files[0]);
      // The same file can be chosen again, after it was changed.
      target.value = "";
    });
    one("#push-text").addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#push();
    });
    this.#acceptDrops();
    this.#changed();
  }

  open() {
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#editor.focus();
  }

  #acceptDrops() {
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

  async #read(file) {
    if (!file) return;
    if (file.size > LARGEST_TEXT) {
      this.#insert("");
      this.#file = file;
    } else {
      this.#insert(await file.text());
    }
    this.#changed();
  }

  #insert(text) {
    this.#file = undefined;
    this.#editor.text = text;
    this.#changed();
    this.#editor.focus();
  }

  // Says what would be pushed.
  #changed() {
    clearFaults();
    const { text } = this.#editor;
    if (text.trim()) this.#file = undefined;
    const lines = this.#file || isLines(text);
    write(this.#send, lines ? "Push the records" : "Push");
    write(one("#push-kind"), this.#file ? `${this.#file.name}, ${size(this.#file.size)}: NDJSON, sent as it is`
      : lines ? `NDJSON: ${counted(text.split("\n").filter((line) => line.trim()).length, "record")}` : "");
  }

  async #push() {
    if (this.#send.disabled) return;
    this.#send.disabled = true;
    clearFaults();
    this.#editor.mark([]);
    try {
      if (this.#file || isLines(this.#editor.text)) await this.#pushMany(this.#file ?? this.#editor.text);
      else await this.#pushOne(this.#editor.text);
    } catch (error) {
      this.#show(error);
    } finally {
      this.#send.disabled = false;
    }
  }

  async #pushOne(text) {
    const fault = faultOf(text);
    if (fault) return showBroken(fault, this.#editor);
    const { cid, isNew } = await operations.push(text);
    this.#end(isNew ? "Pushed." : "The record was stored already.");
    this.#onPushed(cid);
  }

  async #pushMany(body) {
    const results = [];
    const words = () => {
      const number = (...statuses) => results.filter(({ status }) => statuses.includes(status)).length;
      const refused = results.filter(({ status }) => status >= 400).length;
      const known = number(200).toLocaleString();
      return `${counted(number(201), "record")} pushed, ${known} stored already, ${refused.toLocaleString()} refused`;
    };
    await pushLines(body, (more) => {
      results.push(...more);
      write(one("#push-kind"), words());
    });
    if (results.some(({ status }) => status >= 400)) {
      showRefused(results, words(), typeof body === "string" ? body : undefined, this.#editor);
    } else {
      this.#end(`${words()}.`);
    }
    this.#onManyPushed();
  }

  #end(words) {
    this.#dialog.close();
    this.#insert("");
    say(words);
  }

  #show(error) {
    if (error.name === "TypeError") return showMessage("The gateway cannot be reached.");
    if (error.faults?.length) return showFaults(error.faults, this.#editor.text, this.#editor);
    showMessage(`${error.message} ${error.remedy ?? ""}`);
  }
}
