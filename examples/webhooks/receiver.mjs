// A receiver of webhooks that verifies signatures (Standard Webhooks 1.0.0).
//
// Usage: SECRET=whsec_… node receiver.mjs [PORT]

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const key = Buffer.from(process.env.SECRET.replace(/^whsec_/, ""), "base64");
const tolerance = 300; // seconds that a message may be old, or ahead
const seen = new Set(); // ids of messages; a real receiver keeps them with its data

/** Returns whether the message was signed with the secret, and lately. */
function isGenuine(headers, body) {
    const id = headers["webhook-id"] ?? "";
    const stamp = headers["webhook-timestamp"] ?? "";
    if (!/^\d+$/.test(stamp) || Math.abs(Date.now() / 1000 - Number(stamp)) > tolerance) return false;
    const wanted = createHmac("sha256", key).update(`${id}.${stamp}.`).update(body).digest();
    // During a rotation of the secret there are two signatures.
    return (headers["webhook-signature"] ?? "").split(" ").some((signature) => {
        const [version, code] = signature.split(",");
        const given = Buffer.from(code ?? "", "base64");
        return version === "v1" && given.length === wanted.length && timingSafeEqual(given, wanted);
    });
}

const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts);
    if (!isGenuine(request.headers, body)) return response.writeHead(401).end();
    const id = request.headers["webhook-id"];
    if (!seen.has(id)) {
        // Each message arrives at least once: this one is new.
        seen.add(id);
        const message = JSON.parse(body);
        console.log(message.type, message.data.resource_id ?? "");
    }
    response.writeHead(204).end();
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => {
    console.log("listening on", server.address().port);
});
