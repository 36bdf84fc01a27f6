// One record: its state, operations, signatures, events and content.

import { attempt } from "../page/attempt.js";
import { clock, timeElement } from "../page/clock.js";
import { copyButton, make, one, write } from "../page/dom.js";
import { Refresher } from "../page/refresher.js";
import { counted, size } from "../page/text.js";
import { RecordContent } from "./record-content.js";
import { RecordOperations } from "./record-operations.js";
import { readRecord } from "./record-source.js";
import { RecordTrail } from "./record-trail.js";
import { RecordVerify } from "./record-verify.js";
import { signatureLines } from "./signatures.js";

export class RecordDetail {
  #article = one("#record");
  #refresher = new Refresher(() => this.#load());
  #onClose;
  #cid;
  #trail;
  #status;
  #parts;
  /** Increases with each deletion: data that was read before it is out of date. */
  #deletions = 0;
  /** Whether the shown data may be out of date because loading failed. */
  isStale = false;

  /** @param {() => void} onClose  called when the user leaves the record, or has deleted it here */
  constructor(onClose) { this.#onClose = onClose; }

  get cid() { return this.#cid; }

  /** Shows a record. */
  open(cid) {
    if (cid === this.#cid) return;
    this.close();
    this.#cid = cid;
    this.#trail = new RecordTrail();
    if (this.#status) this.#trail.status(this.#status);
    this.#trail.load(cid);
    this.#showLine("Record", "faint", "Loading…");
    this.#article.focus({ preventScroll: true });
    this.refresh();
  }

  close() {
    [this.#trail, this.#cid, this.#parts] = [];
    this.isStale = false;
    this.#article.hidden = true;
    this.#article.replaceChildren();
  }

  /** Loads the data that can change. */
  refresh() { return this.#refresher.refresh(); }

  /** Receives an event of the stream. */
  take(event) {
    if (event.resourceId !== this.#cid) return;
    this.#trail.take(event);
    // A read does not change the record.
    if (event.type === "RECORD_PULLED") return;
    if (event.type !== "RECORD_DELETED") return this.refresh();
    this.#deletions += 1;
    this.#showGone(`Deleted at ${clock(event.time)}`);
  }

  /** Receives the status of the stream. */
  status(status) {
    this.#status = status;
    this.#trail?.status(status);
    // Events before the stream was live were not received. And without a stream the gateway may
    // still respond.
    if (status.state === "live" || (status.state === "reconnecting" && this.isStale)) this.refresh();
  }

  /** Receives a report of dropped events. */
  dropped(count) {
    this.#trail?.dropped(count);
    this.refresh();
  }

  /** Receives a reset of the stream. */
  reset(reset) {
    this.#trail?.reset(reset);
    this.refresh();
  }

  async #load() {
    const cid = this.#cid;
    if (!cid) return;
    const deletions = this.#deletions;
    const loaded = await attempt(() => readRecord(cid, this.#parts?.content?.text), () => this.#miss(cid));
    if (!loaded || this.#cid !== cid || this.#deletions !== deletions) return;
    this.isStale = false;
    if (loaded.isGone) {
      if (!this.#parts?.isGone) this.#showGone(this.#parts ? "Deleted" : "No record with this cid is stored");
      return;
    }
    if (!this.#parts || this.#parts.isGone) this.#build(loaded);
    this.#fill(loaded);
  }

  #miss(cid) {
    if (this.#cid !== cid) return;
    this.isStale = true;
    if (!this.#parts) this.#showLine("Record", "faint", "Not loaded: the gateway cannot be reached.");
  }

  #build({ name, version, labels }) {
    const cid = this.#cid;
    const verify = new RecordVerify(cid);
    const content = new RecordContent(cid);
    const buttons = new RecordOperations(cid, {
      onDone: () => { if (this.#cid === cid) this.refresh(); },
      onRemoved: () => { if (this.#cid === cid) this.#onClose(); },
      onVerify: () => verify.run(), onDownload: () => content.download(),
    });
    const parts = {
      verify, content, buttons, state: make("p", { role: "status" }), facts: make("p", { class: "faint" }),
      signatures: make("div", { class: "lines" }),
    };
    this.#parts = parts;
    const tags = labels.map((label) => make("bdi", { class: "tag" }, label));
    this.#article.hidden = false;
    this.#article.replaceChildren(
      ...this.#heading(make("bdi", {}, String(name ?? "Record")), " ", make("bdi", {}, String(version ?? ""))),
      parts.state, parts.facts, content.about, buttons.element, verify.element,
      make("h3", {}, "Labels"),
      make("div", { class: "tags" }, ...(tags.length ? tags : [make("span", { class: "faint" }, "None.")])),
      make("h3", {}, "Signatures"), parts.signatures,
      this.#trail.heading, this.#trail.element,
      make("h3", {}, "Content"), content.element);
  }

  #fill(loaded) {
    const { state, facts, signatures, verify, buttons, content } = this.#parts;
    const { isPublished, pushedAt } = loaded;
    state.className = isPublished ? "good" : "faint";
    write(state, isPublished ? "published" : "not published");
    const pushed = pushedAt ? [", pushed ", timeElement(new Date(pushedAt), "relative")] : [];
    facts.replaceChildren(`${size(loaded.size)}, ${counted(loaded.signatures.length, "signature")}`, ...pushed);
    verify.know(loaded);
    signatures.replaceChildren(...signatureLines(loaded));
    buttons.fill(loaded);
    content.fill(loaded.content);
  }

  /** Shows that the record is not stored. Data that was read before stays; the operations are removed. */
  #showGone(reason) {
    const words = this.#parts && !this.#parts.isEmpty ? `${reason}; the data below was read before.` : `${reason}.`;
    if (this.#parts) {
      const hadFocus = this.#article.contains(document.activeElement);
      this.#parts.buttons?.element.remove();
      this.#parts.verify?.element.remove();
      this.#parts.content?.leave();
      const { state } = this.#parts;
      [state.className, state.textContent] = ["bad", words];
      this.#parts.isGone = true;
      if (hadFocus) this.#article.focus({ preventScroll: true });
    } else {
      this.#parts = { isGone: true, isEmpty: true, state: this.#showLine("Not found", "bad", words) };
    }
  }

  /** Shows a cid without a record to show, and the reason. */
  #showLine(title, kind, words) {
    const state = make("p", { class: kind, role: "status" }, words);
    this.#article.hidden = false;
    this.#article.replaceChildren(...this.#heading(title), state,
      this.#trail.heading, this.#trail.element);
    return state;
  }

  #heading(...title) {
    return [
      make("div", { class: "bar" },
        make("button", { type: "button", class: "back bare", onclick: this.#onClose }, "‹ All records"),
        make("h2", {}, ...title)),
      make("p", { class: "faint mono" }, this.#cid, copyButton(this.#cid, "the cid")),
    ];
  }
}
