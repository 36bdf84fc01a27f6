// The subscribers of the gateway: who is behind, and who is slow.

import { operations } from "../../directory-events.js";
import { routes } from "../gateway/routes.js";
import { isSure } from "../page/ask.js";
import { attempt } from "../page/attempt.js";
import { report } from "../page/away.js";
import { make, one, say, write } from "../page/dom.js";
import { Poll } from "../page/poll.js";
import { counted } from "../page/text.js";
import { COLUMNS, compare } from "./columns.js";
import { SubscriberRates } from "./subscriber-rates.js";

const INTERVAL = 2000;
const MOST_PAGES = 10;

export class SubscribersView {
  #poll = new Poll((isCurrent) => this.#refresh(isCurrent), INTERVAL);
  #rates = new SubscriberRates();
  #sorted = { column: COLUMNS.find(({ name }) => name === "Lag"), isDescending: true };
  #all = [];
  #canDisconnect = false;

  show() { this.#poll.start(); }

  hide() {
    this.#poll.stop();
    report("subscribers");
  }

  async #refresh(isCurrent) {
    let refusal;
    const loaded = await everyone().catch((error) => {
      refusal = error;
    });
    if (!isCurrent()) return;
    if (!loaded) return this.#showUnknown(refusal);
    report("subscribers");
    this.#canDisconnect = (await routes()).has("/subscribers/{id}", "delete");
    this.#all = this.#rates.add(loaded);
    this.#draw();
  }

  // When the gateway cannot be reached, its subscribers are unknown.
  #showUnknown(error) {
    const isAway = error.name === "TypeError";
    report("subscribers", isAway ? "the gateway cannot be reached" : undefined);
    one("#subscriber-table").hidden = true;
    write(one("#subscriber-total"), "");
    this.#say(isAway ? "Unknown while the gateway cannot be reached." : `Not shown: ${error.message}`);
  }

  #say(words) {
    one("#no-subscribers").hidden = !words;
    write(one("#no-subscribers"), words);
  }

  #draw() {
    const all = this.#all;
    this.#say(all.length ? "" : "No subscribers.");
    one("#subscriber-table").hidden = all.length === 0;
    const slow = all.filter(({ isSlow }) => isSlow).length;
    const words = `${counted(all.length, "subscriber")}, ${slow ? `${slow} slow` : "none is slow"}`;
    write(one("#subscriber-total"), all.length ? words : "");
    const columns = COLUMNS.filter(({ isWanted }) => isWanted?.(all) ?? true);
    this.#drawHead(columns);
    const { column, isDescending } = this.#sorted;
    const sorted = all.toSorted((a, b) => (isDescending ? -1 : 1) * compare(column.value(a), column.value(b)) || a.id - b.id);
    const focused = document.activeElement?.closest?.("#subscriber-list tr")?.dataset.id;
    one("#subscriber-list").replaceChildren(...sorted.map((each) => this.#row(each, columns)));
    if (focused) one(`#subscriber-list tr[data-id="${CSS.escape(focused)}"] button`)?.focus({ preventScroll: true });
  }

  #drawHead(columns) {
    const head = one("#subscriber-head");
    const focused = [...head.children].findIndex((cell) => cell.contains(document.activeElement));
    const { column: sorted, isDescending } = this.#sorted;
    const cells = columns.map((column) => make("th", {
      scope: "col", class: column.isNumber ? "right" : undefined,
      "aria-sort": column === sorted ? (isDescending ? "descending" : "ascending") : undefined,
    }, make("button", { type: "button", class: "bare sort", onclick: () => this.#sort(column) },
      column.name, make("span", { "aria-hidden": "true" }, column === sorted ? (isDescending ? " ▾" : " ▴") : ""))));
    if (this.#canDisconnect) {
      const name = make("span", { class: "hidden" }, "Disconnect");
      cells.push(make("th", { scope: "col", "data-needs": "admin" }, name));
    }
    head.replaceChildren(...cells);
    if (focused >= 0) head.children[focused]?.querySelector("button")?.focus({ preventScroll: true });
  }

  #sort(column) {
    const isSame = column === this.#sorted.column;
    this.#sorted = { column, isDescending: isSame ? !this.#sorted.isDescending : Boolean(column.isNumber) };
    this.#draw();
  }

  #row(subscriber, columns) {
    const cells = columns.map((column) => make("td", {
      "data-name": column.name, class: column.isNumber ? "right" : column.name === "Filter" ? "long" : undefined,
    }, column.show(subscriber)));
    if (this.#canDisconnect) {
      cells.push(make("td", { "data-needs": "admin" }, make("button", {
        type: "button", "aria-label": `Disconnect ${subscriber.address}`, onclick: () => this.#disconnect(subscriber),
      }, "Disconnect")));
    }
    return make("tr", { "data-id": subscriber.id, class: subscriber.isSlow ? "is-slow" : undefined }, ...cells);
  }

  async #disconnect({ id, address }) {
    if (!await isSure(`Disconnect the subscriber at ${address}? Its client may connect again.`, "Disconnect")) return;
    const isDone = await attempt(async () => { await operations.disconnect(id); return true; });
    if (isDone) say("Disconnected.");
    this.#poll.start();
  }
}

/** Returns the subscribers of all pages. */
async function everyone() {
  const all = [];
  let after;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page = await operations.subscribers(after ? { after } : {});
    all.push(...page.subscribers);
    after = page.next;
    if (!after) break;
  }
  return all;
}
