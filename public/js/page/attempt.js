// Operations whose failures are shown to the user.

import { askForToken } from "../gateway/session.js";
import { say } from "./dom.js";

/**
 * Runs an operation and shows its error.
 * @param {() => Promise<any>} action
 * @param {(error: Error) => void} [onUnreachable]  called instead when there was no response
 * @returns {Promise<any>} the result of the operation; undefined if it failed
 */
export async function attempt(action, onUnreachable = () => say("The gateway cannot be reached.")) {
  try {
    return await action();
  } catch (error) {
    if (error.name === "TypeError") onUnreachable(error);
    else if (error.status === 401) askForToken();
    else say(`${error.message} ${error.remedy ?? ""}`);
    return undefined;
  }
}

/** Shows nothing: the banner does. */
export const silently = () => {};
