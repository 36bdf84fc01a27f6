// The syncs: start one, watch it by its events, cancel it.

import { operations, subscribe } from "../directory-events.js";
import { attempt, silently } from "./attempt.js";
import { reportStream } from "./away.js";
import { make, one, say } from "./dom.js";
import { shortened } from "./text.js";

const TYPES = ["SYNC_CREATED", "SYNC_COMPLETED", "SYNC_FAILED"];

export class SyncsView {
  #subscription;
  #timer;

  constructor() {
    one("#start-sync").addEventListener("submit", async (submission) => {
      submission.preventDefault();
      const form = submission.target;
      const cids = form.elements.cids.value.split(/[\s,]+/).filter(Boolean);
      const started = await attempt(() => operations.sync(form.elements.remote.value, cids.length ? cids : undefined));
      if (started) say("The sync has started.");
    });
  }

  show() {
    this.#subscription ??= subscribe({ types: TYPES }, {
      onEvent: () => this.#refresh(),
      onDropped: () => this.#refresh(),
      onStatus: (status) => {
        reportStream("syncs", status);
        // Without a stream the gateway may still respond.
        if (status.state === "live" || status.state === "reconnecting") this.#refresh();
      },
    });
  }

  hide() {
    this.#subscription?.close();
    this.#subscription = undefined;
    clearTimeout(this.#timer);
  }

  async #refresh() {
    clearTimeout(this.#timer);
    const page = await attempt(() => operations.syncs({ limit: 50 }), silently);
    if (!page || !this.#subscription) return;
    const focused = document.activeElement?.closest?.("#sync-list li")?.dataset.id;
    one("#sync-list").replaceChildren(...page.syncs.map((sync) => this.#item(sync)));
    if (focused) one(`#sync-list li[data-id="${focused}"] button`)?.focus();
    one("#no-syncs").hidden = page.syncs.length > 0;
    // A sync has no events between its start and its end.
    if (page.syncs.some(isOpen)) this.#timer = setTimeout(() => this.#refresh(), 500);
  }

  #item(sync) {
    const done = sync.copied + sync.present + sync.failed;
    const bar = make("progress", { max: Math.max(sync.found, 1), "aria-label": `Sync from ${sync.remote_directory_url}` });
    bar.value = isOpen(sync) ? done : Math.max(sync.found, 1);
    return make("li", { "data-status": sync.status, "data-id": sync.sync_id },
      make("strong", {}, sync.remote_directory_url),
      make("span", { class: "faint" }, `${sync.status}: ${sync.found} found, ${sync.copied} copied, ${sync.present} present, ${sync.failed} failed`),
      isOpen(sync) ? bar : undefined,
      sync.error && make("span", { class: "bad" }, sync.error),
      make("span", { class: "faint" }, `${new Date(sync.created_at).toLocaleString()}, ${shortened(sync.sync_id)} `,
        isOpen(sync) && make("button", { type: "button", onclick: () => attempt(async () => {
          await operations.cancelSync(sync.sync_id);
          this.#refresh();
        }) }, "Cancel") || ""));
  }
}

const isOpen = ({ status }) => status === "PENDING" || status === "IN_PROGRESS";
