// Who the user is to the gateway, and what the user may do. A gateway without access control has no
// sessions: then nothing of this is shown.

import { moment, timeElement } from "../page/clock.js";
import { make, one } from "../page/dom.js";
import { icon } from "../page/icons.js";
import { visible } from "../page/text.js";
import { routes } from "./routes.js";

const SCOPES = ["events:read", "records:read", "records:write", "webhooks", "admin"];

let scopes;

/** Returns whether the user may do what needs this scope, as far as it is known. */
export const may = (scope) => !scopes || scopes.includes(scope);

/** Asks who the user is; asks for a token if the gateway needs one. */
export async function loadSession() {
  one("#sign-in form").addEventListener("submit", signIn);
  const known = await routes();
  if (known.isKnown ? !known.has("/session") : known.status !== 401) return;
  const response = await fetch("session").catch(() => undefined);
  if (response?.ok) show(await response.json());
  else if (response?.status === 401) askForToken();
}

/** Opens the dialog that asks for a token. */
export function askForToken() {
  const dialog = one("#sign-in");
  if (!dialog.open) dialog.showModal();
}

function show(session) {
  scopes = session.scopes ?? [];
  // What needs a scope that is missing is hidden, also what is drawn later.
  document.documentElement.dataset.without = SCOPES.filter((scope) => !may(scope)).join(" ");
  const account = one("#account");
  account.hidden = false;
  account.querySelector("summary").replaceChildren(icon("person"), make("span", {}, session.subject ?? "signed in"));
  account.querySelector(".panel").replaceChildren(
    make("p", {}, make("strong", {}, session.subject ?? "")),
    make("p", { class: "faint" }, scopes.length ? `may do: ${scopes.join(", ")}` : "may do nothing"),
    session.expires && make("p", { class: "faint", title: moment(new Date(session.expires)) },
      "expires ", timeElement(new Date(session.expires), "moment")),
    make("button", { type: "button", onclick: signOut }, "Sign out"));
}

async function signIn(submission) {
  submission.preventDefault();
  const token = one("#sign-in-token").value.trim();
  one("#sign-in-error").textContent = "";
  try {
    const response = await fetch("session", { method: "POST", headers: { authorization: `Bearer ${token}` } });
    if (response.ok) return location.reload();
    const problem = await response.json().catch(() => ({}));
    one("#sign-in-error").textContent = visible(problem.detail ?? "The gateway does not accept this token.");
  } catch {
    one("#sign-in-error").textContent = "The gateway cannot be reached.";
  }
}

async function signOut() {
  await fetch("session", { method: "DELETE" }).catch(() => {});
  location.reload();
}
