// Operations whose failures are shown to the user.

import { askForToken } from "../gateway/session.js";
import { say } from "./dom.js";

/**
 * Runs an operation and shows its error.
 * @param {() => Promise<any>} action
 * @param {(error: Error) => void} [onUnreachable]  called instead when there was no response
 * @param {(error: Error) => void} [onRefused]      called instead when the gateway has refused it
 * @returns {Promise<any>} the result of the operation; undefined if it failed
 */
export async function attempt(
  action, onUnreachable = () => say("The gateway cannot be reached."),
  onRefused = (error) => say(`${error.message} ${error.remedy ?? ""}`),
) {
  try {
    return await action();
  } catch (error) {
    if (error.name === "TypeError") onUnreachable(error);
    else if (error.status === 401) askForToken();
    else onRefused(error);
    return undefined;
  }
}

/** Shows nothing: the banner does. */
export const silently = () => {};
