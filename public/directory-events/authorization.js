// How requests carry a token.

/**
 * A token, or a function that returns one, perhaps later; it is called for each connection, so that a
 * token can be renewed.
 * @typedef {string | (() => string | Promise<string>)} Token
 */

/**
 * Returns the header of a token; empty if there is none.
 * @param {Token} [token]
 * @returns {Promise<Record<string, string>>}
 */
export async function authorization(token) {
  const value = typeof token === "function" ? await token() : token;
  return value ? { authorization: `Bearer ${value}` } : {};
}
