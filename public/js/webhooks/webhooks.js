// The webhooks: add one, see how far it is, try it, stop it.

import { operations } from "../../directory-events.js";
import { isSure } from "../page/ask.js";
import { attempt } from "../page/attempt.js";
import { report } from "../page/away.js";
import { one, say, write } from "../page/dom.js";
import { Poll } from "../page/poll.js";
import { counted } from "../page/text.js";
import { Deliveries } from "./deliveries.js";
import { showSecret } from "./secret.js";
import { stateWords, webhookItem } from "./webhook-item.js";

const INTERVAL = 2000;
const MOST_PAGES = 10;

export class WebhooksView {
  #poll = new Poll((isCurrent) => this.#refresh(isCurrent), INTERVAL);
  #items = new Map();
  /** The deliveries that are open, by the id of their webhook. */
  #deliveries = new Map();

  constructor() {
    one("#add-webhook").addEventListener("submit", (submission) => {
      submission.preventDefault();
      this.#add(submission.target);
    });
  }

  show() { this.#poll.start(); }

  hide() {
    this.#poll.stop();
    report("webhooks");
  }

  async #add(form) {
    const webhook = {};
    for (const { name, value } of form.elements) {
      const words = value.trim();
      if (!name || !words) continue;
      webhook[name] = ["types", "labels", "cids"].includes(name) ? words.split(/\s*,\s*/).filter(Boolean) : words;
    }
    const added = await attempt(() => operations.addWebhook(webhook));
    if (!added) return;
    form.reset();
    this.#poll.start();
    showSecret(added.secret, "The secret of this webhook");
  }

  async #refresh(isCurrent) {
    let refusal;
    const all = await everyWebhook().catch((error) => {
      refusal = error;
    });
    if (!isCurrent()) return;
    if (!all) return this.#showUnknown(refusal);
    report("webhooks");
    this.#draw(all);
    await Promise.all([...this.#deliveries.values()].map((each) => each.refresh()));
  }

  #showUnknown(error) {
    const isAway = error.name === "TypeError";
    report("webhooks", isAway ? "the gateway cannot be reached" : undefined);
    if (isAway && this.#items.size) return;
    this.#say(isAway ? "Unknown while the gateway cannot be reached." : `Not shown: ${error.message}`);
  }

  #draw(all) {
    const list = one("#webhook-list");
    const focused = document.activeElement?.closest?.("#webhook-list > li")?.dataset.id;
    const button = document.activeElement?.dataset?.action;
    const items = new Map();
    for (const webhook of all) {
      const words = JSON.stringify(webhook);
      const before = this.#items.get(webhook.id);
      items.set(webhook.id, before?.words === words ? before : { words, element: this.#item(webhook) });
    }
    for (const id of this.#deliveries.keys()) if (!items.has(id)) this.#deliveries.delete(id);
    const elements = [...items.values()].map(({ element }) => element);
    // What has not changed keeps its place, and so its focus and selection.
    if (elements.some((element, index) => list.children[index] !== element) || list.children.length !== elements.length) {
      list.replaceChildren(...elements);
      if (focused) one(`#webhook-list > li[data-id="${CSS.escape(focused)}"] [data-action="${button}"]`)?.focus({ preventScroll: true });
    }
    this.#items = items;
    const states = [...new Set(all.map(({ state }) => state))];
    const numbers = states.map((state) => `${all.filter((each) => each.state === state).length} ${stateWords(state)}`);
    write(one("#webhook-total"), all.length ? `${counted(all.length, "webhook")}: ${numbers.join(", ")}` : "");
    this.#say(all.length ? "" : "No webhooks yet. A webhook receives each event as a signed request to its address.");
  }

  #item(webhook) {
    const { id, url } = webhook;
    const item = webhookItem(webhook, {
      test: async () => {
        const sent = await this.#do(() => operations.testWebhook(id));
        if (sent) say(sent.state === "succeeded" ? "The receiver has taken the test." : `The test failed: ${sent.reason ?? `status ${sent.status}`}.`);
      },
      enable: () => this.#do(() => operations.enableWebhook(id), "Enabled."),
      disable: () => this.#do(() => operations.disableWebhook(id), "Disabled. What happens now is delivered when it is enabled."),
      rotate: async () => {
        if (!await isSure(`A new secret for ${url}? The old one stays valid for 24 hours.`, "New secret")) return;
        const rotated = await this.#do(() => operations.rotateWebhook(id));
        if (rotated) showSecret(rotated.secret, "The new secret of this webhook");
      },
      replay: async () => {
        if (!await isSure(`Deliver the events of the last hour to ${url} again?`, "Deliver again")) return;
        await this.#do(() => operations.replayWebhook(id, { since: "1h" }), "They are delivered again.");
      },
      remove: async () => {
        if (!await isSure(`Remove the webhook ${url}? What it has not received is not delivered.`, "Remove")) return;
        await this.#do(() => operations.removeWebhook(id), "Removed.");
      },
      deliveries: () => this.#toggleDeliveries(id),
    }, this.#deliveries.has(id));
    const deliveries = this.#deliveries.get(id);
    if (deliveries) item.append(deliveries.element);
    return item;
  }

  #toggleDeliveries(id) {
    const open = this.#deliveries.get(id);
    const item = one(`#webhook-list > li[data-id="${CSS.escape(id)}"]`);
    item.querySelector("[data-action=deliveries]").setAttribute("aria-expanded", String(!open));
    if (open) {
      open.element.remove();
      this.#deliveries.delete(id);
      return;
    }
    const deliveries = new Deliveries(id);
    this.#deliveries.set(id, deliveries);
    item.append(deliveries.element);
    deliveries.refresh();
  }

  async #do(action, words) {
    const result = await attempt(async () => (await action()) ?? {});
    if (result && words) say(words);
    this.#poll.start();
    return result;
  }

  #say(words) {
    one("#no-webhooks").hidden = !words;
    write(one("#no-webhooks"), words);
  }
}

/** Returns the webhooks of all pages. */
async function everyWebhook() {
  const all = [];
  let after;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page = await operations.webhooks(after ? { after } : {});
    all.push(...page.webhooks);
    after = page.next;
    if (!after) break;
  }
  return all;
}
