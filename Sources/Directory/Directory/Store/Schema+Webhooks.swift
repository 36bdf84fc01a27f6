internal import GRDB

extension Schema {
    /// Adds the tables of webhooks.
    static func registerWebhooks(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("webhooks") { database in
            try database.execute(
                sql: """
                    CREATE TABLE webhook (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        webhook_id TEXT NOT NULL UNIQUE,
                        -- the identity of the subject that made it
                        owner BLOB NOT NULL,
                        url BLOB NOT NULL,
                        -- JSON: what was asked for, and what the subject may receive; NULL for all
                        filter BLOB NOT NULL,
                        restriction BLOB,
                        format INTEGER NOT NULL,
                        description BLOB,
                        -- names and values in turn
                        headers BLOB NOT NULL,
                        secret BLOB NOT NULL,
                        previous_secret BLOB,
                        previous_until INTEGER NOT NULL DEFAULT 0,
                        created_at INTEGER NOT NULL,
                        is_enabled INTEGER NOT NULL,
                        disabled_reason BLOB,
                        -- the position of the newest event that has been delivered; NULL: nothing up
                        -- to the row of webhook_tail is left to deliver
                        position INTEGER,
                        failures INTEGER NOT NULL DEFAULT 0,
                        next_attempt_at INTEGER,
                        attempts INTEGER NOT NULL DEFAULT 0,
                        last_success_at INTEGER,
                        last_failure_at INTEGER,
                        last_failure_status INTEGER,
                        last_failure_reason BLOB
                    ) STRICT;

                    -- one row: up to this position of the event log, every event has been compared
                    -- with the filters of all webhooks
                    CREATE TABLE webhook_tail (
                        id INTEGER PRIMARY KEY CHECK (id = 1),
                        position INTEGER NOT NULL
                    ) STRICT;

                    -- the last attempts of each webhook; an older one is replaced in its slot
                    CREATE TABLE webhook_delivery (
                        webhook INTEGER NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
                        slot INTEGER NOT NULL,
                        number INTEGER NOT NULL,
                        message_id TEXT NOT NULL,
                        first_event TEXT,
                        kind TEXT NOT NULL,
                        events INTEGER NOT NULL,
                        attempt INTEGER NOT NULL,
                        at INTEGER NOT NULL,
                        took INTEGER NOT NULL,
                        is_success INTEGER NOT NULL,
                        status INTEGER,
                        reason BLOB,
                        response BLOB NOT NULL,
                        PRIMARY KEY (webhook, slot)
                    ) STRICT;
                    """)
        }
    }
}
