// How a webhook looks in the list.

import { duration, timeElement } from "../page/clock.js";
import { copyButton, make } from "../page/dom.js";
import { icon } from "../page/icons.js";
import { counted, shortened } from "../page/text.js";

const STATES = {
  enabled: ["enabled", "SYNC_COMPLETED"], retrying: ["failing", "SYNC_FAILED"], disabled: ["disabled", "close"],
};

/** Returns a state in words. */
export const stateWords = (state) => STATES[state]?.[0] ?? state;

const KINDS = ["types", "labels", "cids"];

/** Returns in words which events a webhook receives. */
const filterWords = (webhook) =>
  KINDS.filter((kind) => webhook[kind]?.length).map((kind) => `${kind}: ${webhook[kind].join(", ")}`).join("; ") || "all events";

/**
 * Makes the element of a webhook.
 * @param {object} webhook
 * @param {Record<string, () => void>} actions  by name: test, enable, disable, rotate, replay, remove, deliveries
 * @param {boolean} isOpen  whether its deliveries are shown
 */
export function webhookItem(webhook, actions, isOpen) {
  const { id, url, description, state, format } = webhook;
  const [words, picture] = STATES[state] ?? [state, "clock"];
  const isDisabled = state === "disabled";
  return make("li", { "data-state": state, "data-id": id },
    make("div", { class: "bar" },
      make("span", { class: "badge state" }, icon(picture), words),
      make("strong", {}, make("bdi", {}, url)), make("span", { class: "space" }),
      make("button", {
        type: "button", "data-action": "deliveries", "aria-expanded": String(isOpen), onclick: actions.deliveries,
      }, "Deliveries")),
    description && make("bdi", {}, description),
    make("span", { class: "faint" }, `${filterWords(webhook)}, as ${format}, added `,
      timeElement(new Date(webhook.created_at), "relative"), ", ", make("span", { class: "mono" }, shortened(id)),
      copyButton(id, "the id of the webhook")),
    make("span", {}, ...progress(webhook)),
    failure(webhook),
    make("div", { class: "bar", "data-needs": "webhooks" },
      button("test", "Test", "Sends an event that is only a test", actions),
      isDisabled ? button("enable", "Enable", "Delivers what has waited, and goes on", actions)
        : button("disable", "Disable", "Delivers nothing until it is enabled", actions),
      button("replay", "Last hour again", "Delivers the events of the last hour again", actions),
      button("rotate", "New secret", "The old one stays valid for 24 hours", actions),
      button("remove", "Remove", "", actions)));
}

const button = (name, words, title, actions) =>
  make("button", { type: "button", "data-action": name, title: title || undefined, onclick: actions[name] }, words);

function progress({ lag_events: events, lag_seconds: seconds, last_success_at: success, next_attempt_at: next }) {
  const behind = events ? `${counted(events, "event")} behind${seconds ? `, ${duration(seconds * 1000)}` : ""}` : "nothing waits";
  const parts = [behind];
  if (success) parts.push(", last delivered ", timeElement(new Date(success), "relative"));
  else parts.push(", nothing delivered yet");
  if (next) parts.push(", next attempt at ", timeElement(new Date(next), "day"));
  return parts;
}

function failure({ last_failure: failed, last_success_at: success, disabled_reason: reason, state }) {
  if (reason) return make("span", { class: "bad" }, `Disabled: ${reason}`);
  const isOver = success && failed && new Date(success) > new Date(failed.at);
  if (!failed || (isOver && state === "enabled")) return undefined;
  const why = [failed.status && `status ${failed.status}`, failed.reason].filter(Boolean).join(", ");
  return make("span", { class: "bad" }, "Last failure ", timeElement(new Date(failed.at), "relative"), `: ${why}`);
}
