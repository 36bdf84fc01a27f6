// Operations whose failures people are told of.

import { say } from "./dom.js";

/**
 * Runs an operation and says what goes wrong.
 * @param {() => Promise<any>} action
 * @param {(error: Error) => void} [onUnreachable]  is told instead when there was no response
 * @returns {Promise<any>} what the operation gave; undefined if it failed
 */
export async function attempt(action, onUnreachable = () => say("The gateway cannot be reached.")) {
  try {
    return await action();
  } catch (error) {
    if (error.name === "TypeError") onUnreachable(error);
    else say(`${error.message} ${error.remedy ?? ""}`);
    return undefined;
  }
}

/** Says nothing: the banner does. */
export const silently = () => {};
