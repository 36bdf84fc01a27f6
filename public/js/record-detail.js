// One record: its state, operations, signatures, events and content.

import { GatewayError, operations } from "../directory-events.js";
import { attempt } from "./attempt.js";
import { copyButton, download, make, one, say } from "./dom.js";
import { RecordTrail } from "./record-trail.js";
import { Refresher } from "./refresher.js";
import { clock, visible, visibleJSON } from "./text.js";

export class RecordDetail {
  #article = one("#record");
  #refresher = new Refresher(() => this.#load());
  #onRemoved;
  #cid;
  #trail;
  #status;
  /** The content of a record does not change: it is read once. */
  #content;
  #parts;
  /** Increases with each deletion: data that was read before it is out of date. */
  #deletions = 0;
  /** Whether the shown data may be out of date because loading failed. */
  isStale = false;

  /** @param {() => void} onRemoved  called when the user has deleted it here */
  constructor(onRemoved) { this.#onRemoved = onRemoved; }

  get cid() { return this.#cid; }

  /** Shows a record. */
  open(cid) {
    if (cid === this.#cid) return;
    this.close();
    this.#cid = cid;
    this.#trail = new RecordTrail();
    if (this.#status) this.#trail.status(this.#status);
    this.#showLine("Record", "faint", "Loading…");
    this.#article.focus({ preventScroll: true });
    this.refresh();
  }

  close() {
    [this.#trail, this.#cid, this.#content, this.#parts] = [];
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

  async #load() {
    const cid = this.#cid;
    if (!cid) return;
    const deletions = this.#deletions;
    const loaded = await attempt(() => this.#read(cid), () => this.#miss(cid));
    if (!loaded || this.#cid !== cid || this.#deletions !== deletions) return;
    this.isStale = false;
    if (loaded.isGone) {
      if (!this.#parts?.isGone) this.#showGone(this.#parts ? "Deleted" : "No record with this cid is stored");
      return;
    }
    this.#content = loaded.content;
    if (!this.#parts || this.#parts.isGone) this.#build(JSON.parse(loaded.content));
    this.#fill(loaded);
  }

  #miss(cid) {
    if (this.#cid !== cid) return;
    this.isStale = true;
    if (!this.#parts) this.#showLine("Record", "faint", "Not loaded: the gateway cannot be reached.");
  }

  async #read(cid) {
    try {
      // Checks first whether the record is stored, before it is pulled.
      const { signatures } = await operations.signatures(cid);
      const content = this.#content ?? await operations.pull(cid);
      const [verification, isPublished] = await Promise.all([
        operations.verify(cid), publicationOf(cid, JSON.parse(content)),
      ]);
      return { content, signatures, verification, isPublished };
    } catch (error) {
      if (error instanceof GatewayError && error.status === 404) return { isGone: true };
      throw error;
    }
  }

  #build(record) {
    const cid = this.#cid;
    const state = make("p", { role: "status" });
    const signatures = make("div", { class: "lines" });
    this.#parts = { state, signatures };
    this.#article.hidden = false;
    this.#article.replaceChildren(
      ...heading(cid, make("bdi", {}, String(record.name)), " ", make("bdi", {}, String(record.version))), state,
      make("p", {}, String(record.description ?? "")), this.#operations(cid, record.name),
      make("h3", {}, "Labels"), make("div", { class: "tags" }, ...labels(record).map((label) => make("bdi", { class: "tag" }, label))),
      make("h3", {}, "Signatures"), signatures,
      make("h3", {}, "Events of this record, from now on"), this.#trail.element,
      make("h3", {}, "Content"), make("pre", { tabindex: "0" }, visibleJSON(record)));
  }

  #fill({ signatures, verification, isPublished }) {
    const { state } = this.#parts;
    state.className = isPublished ? "good" : "faint";
    state.textContent = isPublished ? "published" : "not published";
    this.#parts.signatures.replaceChildren(...signatureLines(signatures, verification));
  }

  #operations(cid, name) {
    const button = (label, words, action) => make("button", {
      type: "button", onclick: async () => {
        const isDone = await attempt(async () => { await action(); return true; });
        if (!isDone) return;
        say(words);
        if (this.#cid === cid) this.refresh();
      },
    }, label);
    return make("div", { class: "bar operations" },
      button("Publish", "Published.", () => operations.publish({ cids: [cid] })),
      button("Unpublish", "Withdrawn.", () => operations.unpublish([cid])),
      button("Sign", "Signed.", () => operations.sign(cid)),
      button("Verify", "Checked.", () => operations.verify(cid)),
      make("button", { type: "button", onclick: () => download(`${cid}.json`, this.#content, "application/json") }, "Download"),
      make("button", { type: "button", class: "danger", onclick: () => this.#remove(cid, name) }, "Delete"));
  }

  /** Shows that the record is not stored. Data that was read before stays; the operations are removed. */
  #showGone(reason) {
    const words = this.#parts && !this.#parts.isEmpty ? `${reason}; the data below was read before.` : `${reason}.`;
    if (this.#parts) {
      const hadFocus = this.#article.contains(document.activeElement);
      this.#article.querySelector(".operations")?.remove();
      const { state } = this.#parts;
      [state.className, state.textContent] = ["bad", words];
      this.#parts.isGone = true;
      if (hadFocus) this.#article.focus({ preventScroll: true });
    } else {
      this.#parts = { isGone: true, isEmpty: true, state: this.#showLine("Not found", "bad", words) };
    }
    this.#content = undefined;
  }

  /** Shows a cid without a record to show, and the reason. */
  #showLine(title, kind, words) {
    const state = make("p", { class: kind, role: "status" }, words);
    this.#article.hidden = false;
    this.#article.replaceChildren(...heading(this.#cid, title), state,
      make("h3", {}, "Events of this record, from now on"), this.#trail.element);
    return state;
  }

  async #remove(cid, name) {
    if (!await isSure(`Delete ${name} with its publication, signatures and labels? This cannot be undone.`)) return;
    // The event of the deletion may arrive before or after the response.
    const isDone = await attempt(async () => { await operations.remove(cid); return true; });
    if (!isDone) return;
    say("Deleted.");
    if (this.#cid === cid) this.#onRemoved();
  }
}

const heading = (cid, ...title) => [
  make("a", { class: "back", href: "#records" }, "‹ All records"),
  make("h2", {}, ...title), make("p", { class: "faint mono" }, cid, copyButton(cid, "the cid")),
];

/** Returns whether a record is published. Only the listing has this, by name and version. */
async function publicationOf(cid, { name, version }) {
  // In the listing a comma separates values and an asterisk matches all; a question mark matches one character.
  const pattern = (text) => String(text).replace(/[,*]/g, "?");
  let after;
  do {
    const page = await operations.records({ name: pattern(name), version: pattern(version), limit: 1000, after });
    const found = page.records.find((item) => item.cid === cid);
    if (found) return found.published;
    after = page.next;
  } while (after);
  return undefined;
}

async function isSure(question) {
  one("#ask-text").textContent = visible(question);
  const dialog = one("#ask");
  dialog.returnValue = "no";
  dialog.showModal();
  // The close event of an earlier dialog may arrive late.
  while (dialog.open) await new Promise((done) => { dialog.addEventListener("close", done, { once: true }); });
  return dialog.returnValue === "yes";
}

function labels(record) {
  const names = (key, field) => (record[key] ?? []).map((item) => `/${key}/${item[field] ?? ""}`);
  return [...names("skills", "name"), ...names("domains", "name"), ...names("modules", "name"), ...names("locators", "type")];
}

function signatureLines(signatures, verification) {
  if (!signatures.length) return [make("p", { class: "faint" }, "None.")];
  const good = new Set(verification.signers.map(({ signer }) => signer));
  return signatures.map(({ signer, algorithm, signed_at: at }) => make("p", { class: good.has(signer) ? "good" : "bad" },
    `${good.has(signer) ? "✓ matches its key" : "✗ does not match its key"}: ${signer} (${algorithm}), ${new Date(at).toLocaleString()}`));
}
