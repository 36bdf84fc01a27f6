// The subscribers of the gateway.

import { operations } from "../directory-events.js";
import { attempt } from "./attempt.js";
import { report } from "./away.js";
import { make, one } from "./dom.js";

const INTERVAL = 2000;

export class SubscribersView {
  #timer;
  /** Increases each time the view is shown: a response to an earlier request is ignored. */
  #turn = 0;

  show() {
    this.hide();
    this.#refresh(this.#turn);
  }

  hide() {
    clearTimeout(this.#timer);
    this.#turn += 1;
    report("subscribers");
  }

  async #refresh(turn) {
    const response = await attempt(() => operations.subscribers(), () => {
      if (turn === this.#turn) this.#showUnknown();
    });
    if (turn !== this.#turn) return;
    if (response) {
      report("subscribers");
      this.#draw(response.subscribers);
    }
    this.#timer = setTimeout(() => this.#refresh(turn), INTERVAL);
  }

  // When the gateway cannot be reached, its subscribers are unknown.
  #showUnknown() {
    report("subscribers", "the gateway cannot be reached");
    one("#subscriber-table").hidden = true;
    this.#say("Unknown while the gateway cannot be reached.");
  }

  #say(words) {
    one("#no-subscribers").hidden = !words;
    one("#no-subscribers").textContent = words;
  }

  #draw(subscribers) {
    this.#say(subscribers.length ? "" : "No subscribers.");
    one("#subscriber-table").hidden = subscribers.length === 0;
    one("#subscriber-list").replaceChildren(...subscribers.map((subscriber) => {
      const filter = Object.entries(subscriber.filter).map(([kind, items]) => `${kind}: ${items.join(", ")}`).join("; ");
      const cells = [
        new Date(subscriber.since).toLocaleString(), subscriber.address, filter || "everything",
        subscriber.delivered.toLocaleString(), subscriber.dropped.toLocaleString(), subscriber.queued.toLocaleString(),
      ];
      return make("tr", {}, ...cells.map((cell, index) => make("td", { class: index === 2 ? "long" : undefined }, cell)));
    }));
  }
}
