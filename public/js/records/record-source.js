// What is known of a record, without reading its content: that would be an event, RECORD_PULLED.

import { GatewayError, operations } from "../../directory-events.js";
import { recordNames } from "../gateway/names.js";
import { routes } from "../gateway/routes.js";

const MOST_PAGES = 20;

/**
 * Reads a record.
 * @param {string} cid
 * @param {string} [content]  if it has been read already: it never changes
 * @returns {Promise<object>} `isGone`, or its state; `content` only if the gateway can give it without
 *   an event
 */
export async function readRecord(cid, content) {
  try {
    const head = await operations.head(cid);
    const [labels, { signatures }, verification, ownKey, peeked] = await Promise.all([
      operations.labels(cid), operations.signatures(cid), operations.verify(cid), signingKey(), content ?? peek(cid)]);
    const { name, version } = peeked ? JSON.parse(peeked) : recordNames.get(cid) ?? {};
    const listed = head.published === undefined || name === undefined ? await find(cid, name, version) : undefined;
    if (listed) recordNames.add([listed]);
    return {
      content: peeked, labels, signatures, verification, ownKey, size: head.size,
      name: name ?? listed?.name, version: version ?? listed?.version, pushedAt: listed?.pushed_at,
      isPublished: head.published ?? listed?.published,
    };
  } catch (error) {
    if (error instanceof GatewayError && error.status === 404) return { isGone: true };
    throw error;
  }
}

async function peek(cid) {
  return (await routes()).takes("/records/{cid}", "peek") ? operations.peek(cid) : undefined;
}

let own;

/** Returns the public key of the gateway; undefined if it has none. */
async function signingKey() {
  own ??= operations.signingKey().catch(() => {
    own = undefined;
  });
  return own;
}

/** Finds a record in the listing, by its name and version if they are known. */
async function find(cid, name, version) {
  // In the listing a comma separates values and an asterisk matches all; a question mark matches one character.
  const pattern = (text) => (text === undefined ? undefined : String(text).replace(/[,*]/g, "?"));
  let after;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page = await operations.records({ name: pattern(name), version: pattern(version), limit: 1000, after });
    const found = page.records.find((item) => item.cid === cid);
    if (found || !page.next) return found;
    after = page.next;
  }
  return undefined;
}
