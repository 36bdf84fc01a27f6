// One event with all that it has, what is near it in time, and filters made of it.

import { isOfRecord } from "../gateway/event-types.js";
import { recordNames } from "../gateway/names.js";
import { typeLabel } from "../gateway/type-label.js";
import { clock, moment, timeElement } from "../page/clock.js";
import { copy, copyButton, make, one } from "../page/dom.js";
import { icon } from "../page/icons.js";
import { hashOf } from "../page/router.js";
import { shortened, visible, visibleJSON } from "../page/text.js";
import { withItem } from "./filter.js";

export class Drawer {
  #element = one("#drawer");
  #around;
  #onOpen;
  #onClose;
  #onFilter;
  /** The event that is open. */
  event;

  constructor({ around, onOpen, onClose, onFilter }) {
    [this.#around, this.#onOpen, this.#onClose, this.#onFilter] = [around, onOpen, onClose, onFilter];
  }

  open(event) {
    this.event = event;
    this.redraw();
    this.#element.hidden = false;
    this.#element.scrollTop = 0;
    one("#live").classList.add("reading");
    this.#element.focus({ preventScroll: true });
  }

  close() {
    this.event = undefined;
    this.#element.hidden = true;
    this.#element.replaceChildren();
    one("#live").classList.remove("reading");
  }

  /** Draws it again: the name of the record has become known. */
  redraw() {
    const { event } = this;
    if (!event) return;
    const hadFocus = this.#element.contains(document.activeElement);
    this.#element.replaceChildren(this.#head(event), this.#facts(event), this.#choices(event),
      ...this.#labels(event), ...this.#neighbors(event),
      make("div", { class: "bar" }, make("h3", {}, "JSON"),
        make("button", { type: "button", onclick: () => copy(event.data) }, "Copy as received")),
      make("pre", { tabindex: "0", "aria-label": "The event as JSON" }, visibleJSON(JSON.parse(event.data))));
    if (hadFocus) this.#element.focus({ preventScroll: true });
  }

  #head(event) {
    return make("div", { class: "bar head" },
      make("button", { type: "button", class: "back bare", onclick: this.#onClose }, "‹ All events"),
      make("h2", {}, typeLabel(event.type)),
      make("button", {
        type: "button", class: "bare close", "aria-label": "Close the event", title: "Close (Esc)", onclick: this.#onClose,
      }, icon("close")));
  }

  #facts(event) {
    const { resourceId } = event;
    const named = recordNames.get(isOfRecord(event.type) ? resourceId : event.metadata.record_cid);
    const facts = [
      ["Time", make("span", {}, moment(event.time), " (", timeElement(event.time, "relative"), ")")],
      named && ["Record", make("bdi", {}, `${named.name} ${named.version}`)],
      [isOfRecord(event.type) ? "CID" : event.type.startsWith("SYNC_") ? "Sync" : "Key",
        make("span", { class: "mono" }, resourceId, copyButton(resourceId, "the id"))],
      ...Object.entries(event.metadata).map(([key, value]) => [key, make("bdi", { class: "mono" }, value)]),
      ["Event", make("span", { class: "mono" }, event.id, copyButton(event.id, "the id of the event"))],
    ];
    return make("dl", { class: "facts" }, ...facts.filter(Boolean).map(([term, value]) =>
      make("div", {}, make("dt", {}, term), make("dd", {}, value))));
  }

  #choices(event) {
    const { type, resourceId } = event;
    const cid = isOfRecord(type) ? resourceId : event.metadata.record_cid;
    const noun = isOfRecord(type) ? "record" : type.startsWith("SYNC_") ? "sync" : "key";
    return make("div", { class: "choices" },
      cid && make("a", { class: "button", href: hashOf("records", cid) }, "Open the record"),
      type.startsWith("SYNC_") && make("a", { class: "button", href: "#syncs" }, "Open the syncs"),
      this.#choice(`Only this ${noun}`, "cids", resourceId), this.#choice(`Not this ${noun}`, "not_cids", resourceId),
      this.#choice("Only this type", "types", type), this.#choice("Not this type", "not_types", type));
  }

  #choice(words, kind, item) {
    // "Only" replaces what was wanted before; "not" adds to what is excluded.
    const change = (filter) => withItem(kind.startsWith("not_") ? filter : { ...filter, [kind]: [] }, kind, item);
    return make("button", { type: "button", onclick: () => this.#onFilter(change) }, words);
  }

  #labels({ labels }) {
    if (!labels.length) return [];
    return [make("h3", {}, "Labels"), make("ul", { class: "label-choices" }, ...labels.map((label) => make("li", {},
      make("bdi", { class: "tag" }, label),
      this.#named(this.#choice("only", "labels", label), `Only the label ${label}`),
      this.#named(this.#choice("not", "not_labels", label), `Not the label ${label}`))))];
  }

  #named(button, words) {
    button.setAttribute("aria-label", visible(words));
    return button;
  }

  #neighbors(event) {
    const near = this.#around(event);
    const list = near.map((each) => {
      const named = recordNames.get(each.resourceId);
      return make("li", {}, make("button", {
        type: "button", class: "bare neighbor", "aria-current": each === event ? "true" : undefined,
        onclick: () => this.#onOpen(each),
      }, make("span", { class: "number" }, clock(each.time)), typeLabel(each.type),
      make("bdi", {}, named?.name ?? shortened(each.resourceId))));
    });
    return [make("h3", {}, "Around this time"), make("ol", { class: "neighbors" }, ...list)];
  }
}
