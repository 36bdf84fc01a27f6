// The operations of a gateway, as functions.

import { authorization } from "./authorization.js";

/** A refusal of the gateway, with its detail and remedy. */
export class GatewayError extends Error {
  /**
   * @param {number} status
   * @param {{detail?: string, title?: string, remedy?: string,
   *   errors?: {pointer: string, detail: string}[]}} problem
   */
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? `the gateway responded with status ${status}`);
    this.name = "GatewayError";
    this.status = status;
    /** What can be done about it: for 401 and 403, which token is needed. */
    this.remedy = problem.remedy ?? "";
    /** The errors of an invalid record, with their places. */
    this.faults = problem.errors ?? [];
    this.problem = problem;
  }
}

/**
 * The operations of a gateway. Each returns a promise of the JSON of the response, and rejects with a
 * `GatewayError`, or with a `TypeError` when the gateway cannot be reached.
 * @param {string} [base] the address of the gateway; default: that of the page
 * @param {{token?: import("./authorization.js").Token}} [options]
 */
export function operationsAt(base = "", { token } = {}) {
  async function send(method, path, body, type = "application/json") {
    const headers = await authorization(token);
    if (body !== undefined) headers["content-type"] = type;
    const answer = await fetch(base + path, { method, body, headers });
    if (!answer.ok) {
      throw new GatewayError(answer.status, await answer.json().catch(() => ({})));
    }
    return answer;
  }
  const json = async (answer) => (await answer).json();
  const get = (path) => json(send("GET", path));
  const post = (path, body) => json(send("POST", path, JSON.stringify(body)));
  const text = async (path) => (await send("GET", path)).text();
  const record = (cid) => `/records/${encodeURIComponent(cid)}`;
  const webhook = (id) => `/webhooks/${encodeURIComponent(id)}`;
  // Some of these have no body in their response.
  const action = async (id, name, body) => {
    const answer = await send("POST", `${webhook(id)}/${name}`, body && JSON.stringify(body));
    const words = await answer.text();
    return words ? JSON.parse(words) : {};
  };
  const query = (values) => {
    const items = Object.entries(values).flatMap(([name, value]) =>
      [value].flat().filter((item) => item !== undefined && item !== "")
        .map((item) => `${name}=${encodeURIComponent(item)}`));
    return items.length ? `?${items.join("&")}` : "";
  };
  return {
    /** Stores a record: an object, or its JSON text, which is sent unchanged. */
    push: async (value) => {
      const answer = await send(
        "POST", "/push", typeof value === "string" ? value : JSON.stringify(value));
      return { ...(await answer.json()), isNew: answer.status === 201 };
    },
    /** Stores many records; returns a result for each, in order. */
    pushMany: async (records) => {
      const lines = records.map((value) => JSON.stringify(value)).join("\n");
      const answer = await send("POST", "/push", lines, "application/x-ndjson");
      return (await answer.text()).trim().split("\n").filter(Boolean).map((line) => JSON.parse(line));
    },
    /** Returns the content of a record as text: exactly its canonical JSON. */
    pull: async (cid) => (await send("GET", record(cid))).text(),
    /** Returns the content of a record like `pull`, without an event; only some gateways can. */
    peek: async (cid) => (await send("GET", `${record(cid)}?peek=1`)).text(),
    /**
     * Returns what is known of a record without reading its content.
     * @returns {Promise<{size: number, published?: boolean, signatures?: number}>} undefined: the
     *   gateway does not say
     */
    head: async (cid) => {
      const { headers } = await send("HEAD", record(cid));
      const [published, signatures] = ["published", "signatures"].map((name) => headers.get(`directory-${name}`));
      return {
        size: Number(headers.get("content-length")), published: published === null ? undefined : published === "true",
        signatures: signatures === null ? undefined : Number(signatures),
      };
    },
    labels: async (cid) => (await get(`${record(cid)}/labels`)).labels,
    /** @param {{label?: string[], name?: string[], version?: string[], published?: boolean,
     *    limit?: number, after?: string}} [filter] */
    records: (filter = {}) => get(`/records${query(filter)}`),
    remove: async (cid) => { await send("DELETE", record(cid)); },
    /** @param {{cids: string[]} | {labels: string[]} | {all: true}} selection */
    publish: (selection) => post("/publish", selection),
    unpublish: (cids) => post("/unpublish", { cids }),
    /** Signs with the gateway's key, or attaches `{signature, public_key}`. */
    sign: (cid, attached = {}) => post("/sign", { cid, ...attached }),
    verify: (cid, publicKey) => post("/verify", { cid, public_key: publicKey }),
    signatures: (cid) => get(`${record(cid)}/signatures`),
    /** Starts a sync from another gateway; without `cids`, of all records that are published there. */
    sync: (remote, cids) => post("/sync", { remote_directory_url: remote, cids }),
    syncs: (filter = {}) => get(`/syncs${query(filter)}`),
    syncStatus: (id) => get(`/syncs/${encodeURIComponent(id)}`),
    cancelSync: async (id) => { await send("DELETE", `/syncs/${encodeURIComponent(id)}`); },
    subscribers: (filter = {}) => get(`/subscribers${query(filter)}`),
    disconnect: async (id) => { await send("DELETE", `/subscribers/${encodeURIComponent(id)}`); },
    /** Returns a page of the webhooks: `{webhooks, next?}`. */
    webhooks: (filter = {}) => get(`/webhooks${query(filter)}`),
    /**
     * Registers a webhook. The response has its secret, which no later response has.
     * @param {{url: string, types?: string[], labels?: string[], cids?: string[], format?: string,
     *    description?: string, headers?: Record<string, string>}} webhook
     */
    addWebhook: (webhook) => post("/webhooks", webhook),
    removeWebhook: async (id) => { await send("DELETE", webhook(id)); },
    /** Sends an event that is only a test. */
    testWebhook: (id) => action(id, "test"),
    /** Returns a new secret; the old one is valid for 24 hours more. */
    rotateWebhook: (id) => action(id, "rotate"),
    enableWebhook: (id) => action(id, "enable"),
    disableWebhook: (id) => action(id, "disable"),
    /** Delivers again. @param {{since: string} | {after: string} | {delivery: string}} from */
    replayWebhook: (id, from) => action(id, "replay", from),
    /** Returns a page of what was sent: `{deliveries, next?}`. */
    deliveries: (id, filter = {}) => get(`${webhook(id)}/deliveries${query(filter)}`),
    /** Returns the public key of the gateway, PEM. */
    signingKey: () => text("/signing-key"),
    metrics: () => text("/metrics"),
    /** Returns the body of any route. */
    text,
  };
}
