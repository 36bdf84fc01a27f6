// The records: search, one record with its signatures and its own trail of events.

import { operations, subscribe } from "../directory-events.js";
import { attempt, clock, copyButton, download, facts, make, one, say, shortened } from "./dom.js";

export class RecordsView {
  #form = one("#find");
  #next;
  #open;
  #trail;

  constructor() {
    this.#form.addEventListener("submit", (submission) => {
      submission.preventDefault();
      this.#search();
    });
    one("#more-records").addEventListener("click", () => this.#search(this.#next));
  }

  /** Comes to the front, with one record open if one is named. */
  show(cid) {
    if (!one("#record-list").children.length) this.#search();
    if (cid) return this.#show(cid);
    this.hide();
    one("#record").hidden = true;
    for (const item of one("#record-list").children) item.classList.remove("open");
    return undefined;
  }

  /** Goes to the back. */
  hide() { this.#trail?.subscription.close(); this.#trail = undefined; this.#open = undefined; }

  async #search(after) {
    const { name, label, published } = Object.fromEntries(new FormData(this.#form));
    const page = await attempt(() => operations.records({ name, label, published, after, limit: 50 }));
    if (!page) return;
    const list = one("#record-list");
    if (!after) list.replaceChildren();
    list.append(...page.records.map((record) => this.#item(record)));
    this.#next = page.next;
    one("#more-records").hidden = !page.next;
    one("#no-records").hidden = list.children.length > 0;
  }

  #item(record) {
    const size = `${record.size.toLocaleString()} bytes`;
    const state = record.published ? "published" : "not published";
    const signed = record.signatures ? `, ${record.signatures} signature${record.signatures > 1 ? "s" : ""}` : "";
    return make("li", { "data-cid": record.cid, class: record.cid === this.#open ? "open" : undefined },
      make("button", { type: "button", class: "title", onclick: () => { location.hash = `#records/${encodeURIComponent(record.cid)}`; } },
        `${record.name} ${record.version}`),
      make("span", { class: "faint mono" }, shortened(record.cid), copyButton(record.cid, "the cid")),
      make("span", { class: "faint" }, `${state}${signed}, ${size}, pushed ${new Date(record.pushed_at).toLocaleString()}`));
  }

  async #show(cid) {
    this.#open = cid;
    for (const item of one("#record-list").children) item.classList.toggle("open", item.dataset.cid === cid);
    const [content, signatures, verification] = await attempt(() => Promise.all([
      operations.pull(cid), operations.signatures(cid), operations.verify(cid),
    ])) ?? [];
    if (this.#open !== cid) return;
    const article = one("#record");
    article.hidden = !content;
    if (!content) return;
    const record = JSON.parse(content);
    const same = await attempt(() => operations.records({ name: record.name, version: record.version, limit: 1000 }));
    if (this.#open !== cid) return;
    const isPublished = same?.records.find((item) => item.cid === cid)?.published;
    const again = () => { this.#show(cid); this.#search(); };
    const act = (words, action, after = again) => make("button", {
      type: "button", onclick: async () => {
        if (await attempt(async () => { await action(); return true; })) { say(words); after(); }
      },
    });
    const button = (name, words, action) => { const b = act(words, action); b.append(name); return b; };
    const trail = this.#follow(cid);
    const remove = make("button", { type: "button", class: "danger", onclick: () => this.#remove(cid, record.name) }, "Delete");
    article.replaceChildren(
      make("h2", {}, `${record.name} ${record.version}`),
      make("p", { class: "faint mono" }, cid, copyButton(cid, "the cid")),
      make("p", { class: isPublished ? "good" : "faint" }, isPublished ? "published" : "not published"),
      make("p", {}, record.description ?? ""),
      make("div", { class: "bar" },
        button("Publish", "Published.", () => operations.publish({ cids: [cid] })),
        button("Unpublish", "Withdrawn.", () => operations.unpublish([cid])),
        button("Sign", "Signed.", () => operations.sign(cid)),
        button("Verify", "Checked.", () => operations.verify(cid)),
        make("button", { type: "button", onclick: () => download(`${cid}.json`, content, "application/json") }, "Download"),
        remove),
      make("h3", {}, "Labels"), make("div", { class: "tags" }, ...labels(record).map((label) => make("span", { class: "tag" }, label))),
      make("h3", {}, "Signatures"), ...signatureLines(signatures.signatures, verification),
      make("h3", {}, "Events of this record, from now on"), trail,
      make("h3", {}, "Content"), make("pre", { tabindex: "0" }, JSON.stringify(record, null, 2)));
    article.focus({ preventScroll: true });
  }

  /** The events of a record; they go on while it is shown anew. */
  #follow(cid) {
    if (this.#trail?.cid === cid) return this.#trail.list;
    this.#trail?.subscription.close();
    const list = make("ol", { class: "trail", "aria-label": "Events of this record" });
    const subscription = subscribe({ cids: [cid] }, {
      onEvent: (event) => list.prepend(
        make("li", {}, `${clock(event.time)} ${event.type} ${event.type === "RECORD_SIGNED" ? facts({ ...event, labels: [] }) : ""}`)),
    });
    this.#trail = { cid, list, subscription };
    return list;
  }

  async #remove(cid, name) {
    one("#ask-text").textContent = `Delete ${name} with its publication, signatures and labels? This cannot be undone.`;
    const dialog = one("#ask");
    dialog.returnValue = "no";
    dialog.showModal();
    // The event of an earlier closing may still be on its way.
    while (dialog.open) await new Promise((done) => { dialog.addEventListener("close", done, { once: true }); });
    if (dialog.returnValue !== "yes") return;
    const isDone = await attempt(async () => { await operations.remove(cid); return true; });
    if (!isDone) return;
    say("Deleted.");
    this.hide();
    one("#record").hidden = true;
    location.hash = "#records";
    this.#search();
  }
}

function labels(record) {
  const names = (key, field) => (record[key] ?? []).map((item) => `/${key}/${item[field] ?? ""}`);
  return [...names("skills", "name"), ...names("domains", "name"), ...names("modules", "name"), ...names("locators", "type")];
}

function signatureLines(signatures, verification) {
  if (!signatures.length) return [make("p", { class: "faint" }, "None.")];
  const good = new Set(verification.signers.map(({ signer }) => signer));
  return signatures.map(({ signer, algorithm, signed_at: at }) => make("p", { class: good.has(signer) ? "good" : "bad" },
    `${good.has(signer) ? "✓ fits its key" : "✗ does not fit its key"}: ${signer} (${algorithm}), ${new Date(at).toLocaleString()}`));
}
