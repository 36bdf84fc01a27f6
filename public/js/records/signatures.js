// The signatures of a record in words: what they prove, and by whom they are.

import { moment } from "../page/clock.js";
import { make } from "../page/dom.js";
import { counted } from "../page/text.js";

const isOwn = (key, own) => Boolean(own) && key?.trim() === own.trim();

const owner = (key, own) => (isOwn(key, own) ? "the key of this gateway" : "a key that this gateway only stores");

/** Returns whether the gateway has signed a record. */
export const isSignedHere = ({ signatures, ownKey }) => signatures.some(({ public_key: key }) => isOwn(key, ownKey));

/** Returns a line for each signature. */
export function signatureLines({ signatures, verification, ownKey }) {
  if (!signatures.length) return [make("p", { class: "faint" }, "None.")];
  const good = new Set(verification.signers.map(({ signer }) => signer));
  return signatures.map(({ signer, algorithm, signed_at: at, public_key: key }) => {
    const isGood = good.has(signer);
    return make("p", { class: isGood ? "good" : "bad" },
      isGood ? "✓ matches its key: " : "✗ does not match its key: ", make("span", { class: "mono" }, signer),
      ` (${algorithm}), ${owner(key, ownKey)}, ${moment(new Date(at))}`);
  });
}

/** Returns what came out of a verification. */
export function verificationLines({ verified, signers, reason }, signatures, ownKey, isAgainstKey) {
  if (!verified) {
    const words = signatures.length === 0 ? "the record has no signature" : reason ?? "no signature matches";
    return [make("p", { class: "bad" }, `✗ Not verified: ${words}.`)];
  }
  // A key may have signed several times; it is one signer.
  const good = new Set(signers.map(({ signer }) => signer));
  const matching = signatures.filter(({ signer }) => good.has(signer)).length;
  const proof = isAgainstKey ? "The owner of the given key has signed this record."
    : "The record is as it was when it was signed. Who owns a key is not proved: compare its fingerprint, or give the key.";
  return [
    make("p", { class: "good" }, `✓ Verified: ${matching.toLocaleString()} of ${counted(signatures.length, "signature")} match.`),
    ...signers.map(({ signer, algorithm, public_key: key }) => make("p", {}, "signed by ",
      make("span", { class: "mono" }, signer), ` (${algorithm}), ${owner(key, ownKey)}`)),
    make("p", { class: "faint" }, proof),
  ];
}
