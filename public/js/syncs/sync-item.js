// How a sync looks in the list.

import { duration, timeElement } from "../page/clock.js";
import { copyButton, make } from "../page/dom.js";
import { icon } from "../page/icons.js";
import { counted, rate, shortened } from "../page/text.js";

const STATES = {
  PENDING: ["waiting", "clock"], IN_PROGRESS: ["running", "SYNC_CREATED"], COMPLETED: ["completed", "SYNC_COMPLETED"],
  FAILED: ["failed", "SYNC_FAILED"], DELETED: ["cancelled", "close"],
};

/** Whether a sync has not ended. */
export const isOpen = ({ status }) => status === "PENDING" || status === "IN_PROGRESS";

/** Returns a state in words. */
export const stateWords = (status) => STATES[status]?.[0] ?? status;

/**
 * Makes the element of a sync.
 * @param {object} sync
 * @param {{onCancel: (sync: object) => void, onAgain: (sync: object) => void}} actions
 */
export function syncItem(sync, { onCancel, onAgain }) {
  const [words, picture] = STATES[sync.status] ?? [sync.status, "clock"];
  return make("li", { "data-status": sync.status, "data-id": sync.sync_id },
    make("div", { class: "bar" },
      make("span", { class: "badge state" }, icon(picture), words),
      make("strong", {}, make("bdi", {}, sync.remote_directory_url)),
      make("span", { class: "space" }),
      make("a", {
        href: `?find=${encodeURIComponent(sync.sync_id)}#live`, "data-inside": true,
        title: "Its events, and those of the records that it copied",
      }, "Events"),
      isOpen(sync) ? button("Cancel", "", () => onCancel(sync))
        : button("Again", "Start the same sync again", () => onAgain(sync))),
    isOpen(sync) && progress(sync),
    make("span", {}, numbers(sync)),
    sync.error && make("span", { class: "bad" }, sync.error),
    make("span", { class: "faint" }, "started ", timeElement(new Date(sync.created_at), "relative"), ...pace(sync),
      sync.cids?.length ? `, ${counted(sync.cids.length, "cid")} wanted` : "",
      ", ", make("span", { class: "mono" }, shortened(sync.sync_id)), copyButton(sync.sync_id, "the id of the sync")));
}

const button = (words, title, onclick) =>
  make("button", { type: "button", "data-needs": "records:write", title, onclick }, words);

const done = ({ copied, present, failed }) => copied + present + failed;

function progress(sync) {
  const bar = make("progress", { "aria-label": `Sync from ${sync.remote_directory_url}` });
  // Without a value it shows that something goes on.
  if (sync.status === "IN_PROGRESS" && sync.found) [bar.max, bar.value] = [sync.found, done(sync)];
  return bar;
}

function numbers({ found, copied, present, failed, signatures, signatures_refused: refused }) {
  const words = [
    counted(found, "record found", "records found"), `${copied.toLocaleString()} copied`,
    `${present.toLocaleString()} present already`, `${failed.toLocaleString()} failed`,
    signatures && counted(signatures, "signature"), refused && `${counted(refused, "signature")} refused`,
  ];
  return words.filter(Boolean).join(", ");
}

function pace(sync) {
  const end = isOpen(sync) ? Date.now() : new Date(sync.updated_at).getTime();
  const time = end - new Date(sync.created_at).getTime();
  const speed = time >= 1000 && done(sync) ? `, ${rate((done(sync) * 1000) / time)} records/s` : "";
  return [isOpen(sync) ? `, running for ${duration(time)}${speed}` : `, took ${duration(time)}${speed}`];
}
