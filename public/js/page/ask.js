// A question before what cannot be undone.

import { one } from "./dom.js";
import { visible } from "./text.js";

/**
 * Asks the user.
 * @param {string} question
 * @param {string} yes  the words of the button that confirms
 */
export async function isSure(question, yes) {
  one("#ask-text").textContent = visible(question);
  one("#ask [value=yes]").textContent = yes;
  const dialog = one("#ask");
  dialog.returnValue = "no";
  dialog.showModal();
  // The close event of an earlier dialog may arrive late.
  while (dialog.open) await new Promise((done) => { dialog.addEventListener("close", done, { once: true }); });
  return dialog.returnValue === "yes";
}
