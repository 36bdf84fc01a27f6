// Who listens.

import { operations } from "../directory-events.js";
import { attempt, make, one } from "./dom.js";

export class SubscribersView {
  #timer;

  show() {
    this.hide();
    const refresh = async () => {
      const answer = await attempt(() => operations.subscribers());
      if (answer) this.#draw(answer.subscribers);
    };
    refresh();
    this.#timer = setInterval(refresh, 2000);
  }

  hide() { clearInterval(this.#timer); }

  #draw(subscribers) {
    one("#no-subscribers").hidden = subscribers.length > 0;
    one("#subscriber-list").replaceChildren(...subscribers.map((subscriber) => {
      const filter = Object.entries(subscriber.filter).map(([kind, items]) => `${kind}: ${items.join(", ")}`).join("; ");
      const cells = [
        new Date(subscriber.since).toLocaleString(), subscriber.address, filter || "everything",
        subscriber.delivered.toLocaleString(), subscriber.dropped.toLocaleString(), subscriber.queued.toLocaleString(),
      ];
      return make("tr", {}, ...cells.map((cell) => make("td", {}, cell)));
    }));
  }
}
