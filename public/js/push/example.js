// A record that is valid, to begin with.

/** Returns the JSON text of an example. */
export const example = () => JSON.stringify({
  name: "example.org/my-team/paper-scout",
  version: `v0.1.${Math.floor(Date.now() / 1000) % 100000}`,
  schema_version: "1.0.0",
  description: "Finds papers on a topic, and summarizes them.",
  authors: ["My Team"],
  created_at: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
  skills: [{ name: "natural_language_processing/summarization" }],
  domains: [{ name: "research/literature_review" }],
  locators: [{ type: "container_image", urls: ["https://registry.example.org/my-team/paper-scout:0.1"] }],
}, null, 2);
