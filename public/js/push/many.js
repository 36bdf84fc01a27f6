// Pushing many records: NDJSON, one record on each line.

/** Returns whether a text is NDJSON: several lines, of which the first is an object, or most are. */
export function isLines(text) {
  const lines = text.split("\n", 200).map((line) => line.trim()).filter(Boolean);
  // A line that is faulty is refused alone.
  return lines.length > 1 && (isObject(lines[0]) || lines.filter(isObject).length > lines.length / 2);
}

function isObject(line) {
  if (!line.startsWith("{")) return false;
  try { JSON.parse(line); } catch { return false; }
  return true;
}

/**
 * Pushes NDJSON.
 * @param {string | Blob} body
 * @param {(results: object[]) => void} onResults  called with the results of some lines, as they arrive
 */
export async function pushLines(body, onResults) {
  const response = await fetch("push", { method: "POST", body, headers: { "content-type": "application/x-ndjson" } });
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Error(problem.detail ?? `the gateway responded with status ${response.status}`);
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    const lines = (rest + (value ?? "")).split("\n");
    rest = done ? "" : lines.pop();
    onResults(lines.filter(Boolean).map((line) => JSON.parse(line)));
    if (done) return;
  }
}
