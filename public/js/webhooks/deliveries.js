// What was sent to one webhook.

import { operations } from "../../directory-events.js";
import { attempt, silently } from "../page/attempt.js";
import { duration, timeElement } from "../page/clock.js";
import { make, write } from "../page/dom.js";
import { counted, shortened } from "../page/text.js";

const MOST = 50;

export class Deliveries {
  element = make("div", { class: "lines" });
  #id;
  #status = make("p", { class: "faint", role: "status" }, "Loading…");
  #list = make("ol", { class: "lines", "aria-label": "Deliveries, newest first" });
  #words;

  /** @param {string} id  of the webhook */
  constructor(id) {
    this.#id = id;
    this.element.append(this.#status, this.#list);
  }

  async refresh() {
    const page = await attempt(() => operations.deliveries(this.#id, { limit: MOST }), silently,
      ({ message }) => write(this.#status, `Not shown: ${message}`));
    if (!page) return;
    const words = JSON.stringify(page);
    if (words === this.#words) return;
    this.#words = words;
    this.#list.replaceChildren(...page.deliveries.map(line));
    write(this.#status, page.deliveries.length ? "" : "Nothing was sent yet.");
  }
}

function line(delivery) {
  const { at, status, reason, attempt: number, state, kind, events, first_event_id: id, response, duration_seconds: time } = delivery;
  const outcome = [reason || (status && `status ${status}`), duration(time * 1000)].filter(Boolean).join(", ");
  return make("li", { "data-outcome": state },
    make("span", { class: "line" },
      timeElement(new Date(at), "day"), make("span", {}, kind === "test" ? "test" : counted(events, "event")),
      make("span", { class: state === "succeeded" ? "good" : "bad" }, state),
      make("span", { class: "faint" }, outcome), number > 1 && make("span", { class: "faint" }, `attempt ${number}`),
      id && make("a", { href: `#live/${encodeURIComponent(id)}`, class: "mono", title: id }, shortened(id))),
    response && make("details", {}, make("summary", {}, "Response"), make("pre", {}, response)));
}
