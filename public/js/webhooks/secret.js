// The secret of a webhook: shown once.

import { one } from "../page/dom.js";

/** Shows a secret, until the user closes the dialog. */
export function showSecret(secret, title) {
  const dialog = one("#secret");
  one("#secret-title").textContent = title;
  one("#secret-text").textContent = secret;
  dialog.addEventListener("close", () => { one("#secret-text").textContent = ""; }, { once: true });
  dialog.showModal();
}
