// The syncs: start one, watch it by its events, cancel it, start it again.

import { operations, subscribe } from "../../directory-events.js";
import { attempt, silently } from "../page/attempt.js";
import { report, reportStream } from "../page/away.js";
import { one, say, write } from "../page/dom.js";
import { counted } from "../page/text.js";
import { isOpen, stateWords, syncItem } from "./sync-item.js";

const TYPES = ["SYNC_CREATED", "SYNC_COMPLETED", "SYNC_FAILED"];
const PAGE = 50;

export class SyncsView {
  #subscription;
  #timer;
  #wanted = PAGE;

  constructor() {
    one("#start-sync").addEventListener("submit", async (submission) => {
      submission.preventDefault();
      const form = submission.target;
      const cids = form.elements.cids.value.split(/[\s,]+/).filter(Boolean);
      await this.#start(form.elements.remote.value, cids);
    });
    one("#more-syncs").addEventListener("click", () => {
      this.#wanted += PAGE;
      this.#refresh();
    });
  }

  show() {
    this.#subscription ??= subscribe({ types: TYPES }, {
      onEvent: () => this.#refresh(),
      onDropped: () => this.#refresh(),
      onReset: () => this.#refresh(),
      onStatus: (status) => {
        reportStream("syncs", status);
        if (status.state === "reconnecting") this.#showUnknown();
        // Without a stream the gateway may still respond.
        if (status.state === "live" || status.state === "reconnecting") this.#refresh();
      },
    });
  }

  hide() {
    this.#subscription?.close();
    this.#subscription = undefined;
    clearTimeout(this.#timer);
    report("syncs");
  }

  async #start(remote, cids) {
    const started = await attempt(() => operations.sync(remote, cids?.length ? cids : undefined));
    if (started) say("The sync has started.");
  }

  async #again(id) {
    // The list does not have the cids.
    const sync = await attempt(() => operations.syncStatus(id));
    if (sync) await this.#start(sync.remote_directory_url, sync.cids);
  }

  async #refresh() {
    clearTimeout(this.#timer);
    const page = await attempt(() => operations.syncs({ limit: Math.min(this.#wanted, 1000) }), silently,
      ({ message }) => this.#say(`Not shown: ${message}`));
    if (!page || !this.#subscription) return;
    this.#draw(page);
    // A sync has no events between its start and its end.
    if (page.syncs.some(isOpen)) this.#timer = setTimeout(() => this.#refresh(), 500);
  }

  #draw({ syncs, next }) {
    const list = one("#sync-list");
    const focused = document.activeElement?.closest?.("#sync-list li")?.dataset.id;
    list.replaceChildren(...syncs.map((sync) => syncItem(sync, {
      onCancel: ({ sync_id: id }) => attempt(async () => {
        await operations.cancelSync(id);
        this.#refresh();
      }),
      onAgain: ({ sync_id: id }) => this.#again(id),
    })));
    const item = [...list.children].find(({ dataset }) => focused && dataset.id === focused);
    item?.querySelector("button:not(.bare)")?.focus({ preventScroll: true });
    one("#more-syncs").hidden = !next;
    const states = [...new Set(syncs.map(({ status }) => status))];
    const numbers = states.map((state) => `${syncs.filter(({ status }) => status === state).length} ${stateWords(state)}`);
    const words = `${next ? "the newest " : ""}${counted(syncs.length, "sync")}: ${numbers.join(", ")}`;
    write(one("#sync-total"), syncs.length ? words : "");
    this.#say(syncs.length ? "" : "No syncs yet. A sync copies the published records of another gateway to this one.");
  }

  #showUnknown() {
    if (!one("#sync-list").children.length) this.#say("Unknown while the gateway cannot be reached.");
  }

  #say(words) {
    one("#no-syncs").hidden = !words;
    write(one("#no-syncs"), words);
  }
}
