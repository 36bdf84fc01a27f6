// Which routes this gateway has: a newer page also works with an older gateway.

/** @typedef {{isKnown: boolean, status?: number, has: Function, takes: Function}} Routes */

let asked;

/**
 * Returns the routes of `/openapi.json`.
 * @returns {Promise<Routes>}
 */
export const routes = () => (asked ??= read());

/** Forgets the routes: the gateway may be another version by now. */
export function forgetRoutes() { asked = undefined; }

async function read() {
  try {
    const response = await fetch("openapi.json", { headers: { accept: "application/json" } });
    return response.ok ? described((await response.json()).paths ?? {}) : none(response.status);
  } catch {
    // Asked again the next time.
    forgetRoutes();
    return none();
  }
}

const described = (paths) => ({
  isKnown: true,
  /** Returns whether there is a route. */
  has: (path, method = "get") => Boolean(paths[path]?.[method]),
  /** Returns whether a route takes a parameter in its query. */
  takes: (path, name, method = "get") => (paths[path]?.[method]?.parameters ?? [])
    .some((parameter) => parameter.name === name && parameter.in === "query"),
});

const none = (status) => ({ isKnown: false, status, has: () => false, takes: () => false });
