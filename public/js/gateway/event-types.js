// The words for the types of events. Their icons are in `icons.svg`, by name.

const WORDS = {
  RECORD_PUSHED: "Pushed", RECORD_PULLED: "Pulled", RECORD_DELETED: "Deleted",
  RECORD_PUBLISHED: "Published", RECORD_UNPUBLISHED: "Unpublished",
  SYNC_CREATED: "Sync started", SYNC_COMPLETED: "Sync completed", SYNC_FAILED: "Sync failed",
  RECORD_SIGNED: "Signed", PUBLIC_KEY_UPLOADED: "Key uploaded",
};

/** Returns a type in words. */
export const typeWords = (type) => WORDS[type] ?? type;

/** Returns whether events of this type are about a record, by its cid. */
export const isOfRecord = (type) => type.startsWith("RECORD_");

/** The types that change what the records are. */
export const RECORD_CHANGES = new Set([
  "RECORD_PUSHED", "RECORD_DELETED", "RECORD_PUBLISHED", "RECORD_UNPUBLISHED", "RECORD_SIGNED"]);
