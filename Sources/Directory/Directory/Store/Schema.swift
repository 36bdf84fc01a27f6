internal import GRDB

/// The tables and their migrations. A migration that has shipped is never changed.
enum Schema {
    /// The application id in the header of a store (`PRAGMA application_id`): "DirG".
    static let applicationID: Int64 = 0x4469_7247

    /// The migrations, in order.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("records, labels, publications") { database in
            // AUTOINCREMENT: the number of a deleted record is not used again, so that a cursor
            // of a listing stays correct.
            try database.execute(
                sql: """
                    CREATE TABLE record (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        cid TEXT NOT NULL UNIQUE,
                        name TEXT NOT NULL,
                        version TEXT NOT NULL,
                        schema_version TEXT NOT NULL,
                        created_at TEXT NOT NULL,
                        pushed_at INTEGER NOT NULL,
                        size INTEGER NOT NULL,
                        content BLOB NOT NULL
                    ) STRICT;

                    CREATE TABLE label (
                        record_id INTEGER NOT NULL REFERENCES record (id) ON DELETE CASCADE,
                        position INTEGER NOT NULL,
                        text TEXT NOT NULL,
                        PRIMARY KEY (record_id, position)
                    ) STRICT, WITHOUT ROWID;

                    CREATE TABLE publication (
                        record_id INTEGER PRIMARY KEY REFERENCES record (id) ON DELETE CASCADE,
                        published_at INTEGER NOT NULL
                    ) STRICT;
                    """)
        }
        migrator.registerMigration("public keys, signatures") { database in
            try database.execute(
                sql: """
                    CREATE TABLE public_key (
                        record_id INTEGER NOT NULL REFERENCES record (id) ON DELETE CASCADE,
                        fingerprint TEXT NOT NULL,
                        pem TEXT NOT NULL,
                        uploaded_at INTEGER NOT NULL,
                        PRIMARY KEY (record_id, fingerprint)
                    ) STRICT, WITHOUT ROWID;

                    CREATE TABLE signature (
                        id INTEGER PRIMARY KEY,
                        record_id INTEGER NOT NULL,
                        fingerprint TEXT NOT NULL,
                        algorithm TEXT NOT NULL,
                        signature TEXT NOT NULL,
                        signed_at INTEGER NOT NULL,
                        FOREIGN KEY (record_id, fingerprint)
                            REFERENCES public_key (record_id, fingerprint) ON DELETE CASCADE,
                        UNIQUE (record_id, fingerprint, signature)
                    ) STRICT;
                    """)
        }
        migrator.registerMigration("syncs") { database in
            try database.execute(
                sql: """
                    CREATE TABLE sync (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        sync_id TEXT NOT NULL UNIQUE,
                        remote_url TEXT NOT NULL,
                        state INTEGER NOT NULL,
                        error TEXT,
                        found INTEGER NOT NULL DEFAULT 0,
                        copied INTEGER NOT NULL DEFAULT 0,
                        present INTEGER NOT NULL DEFAULT 0,
                        failed INTEGER NOT NULL DEFAULT 0,
                        signatures INTEGER NOT NULL DEFAULT 0,
                        signatures_refused INTEGER NOT NULL DEFAULT 0,
                        created_at INTEGER NOT NULL,
                        updated_at INTEGER NOT NULL
                    ) STRICT;

                    CREATE TABLE sync_cid (
                        sync INTEGER NOT NULL REFERENCES sync (id) ON DELETE CASCADE,
                        position INTEGER NOT NULL,
                        cid TEXT NOT NULL,
                        PRIMARY KEY (sync, position)
                    ) STRICT, WITHOUT ROWID;

                    -- the sync that brought a record; nothing for one that was pushed
                    CREATE TABLE record_origin (
                        record_id INTEGER PRIMARY KEY REFERENCES record (id) ON DELETE CASCADE,
                        sync_id TEXT NOT NULL
                    ) STRICT;

                    CREATE INDEX record_origin_by_sync ON record_origin (sync_id);
                    """)
        }
        migrator.registerMigration("labels once, names by index, starts of syncs") { database in
            try database.execute(
                sql: """
                    -- each distinct label once: a search looks through these
                    CREATE TABLE label_text (
                        id INTEGER PRIMARY KEY,
                        text TEXT NOT NULL UNIQUE
                    ) STRICT;

                    CREATE TABLE record_label (
                        record_id INTEGER NOT NULL REFERENCES record (id) ON DELETE CASCADE,
                        position INTEGER NOT NULL,
                        label_id INTEGER NOT NULL REFERENCES label_text (id),
                        PRIMARY KEY (record_id, position)
                    ) STRICT, WITHOUT ROWID;

                    INSERT INTO label_text (text) SELECT DISTINCT text FROM label;
                    INSERT INTO record_label (record_id, position, label_id)
                        SELECT record_id, position, label_text.id
                        FROM label JOIN label_text ON label_text.text = label.text;
                    DROP TABLE label;

                    CREATE INDEX record_label_by_label ON record_label (label_id, record_id);
                    CREATE INDEX record_by_name ON record (lower(name));

                    -- starts in a row that did not come to an orderly end
                    ALTER TABLE sync ADD COLUMN starts INTEGER NOT NULL DEFAULT 0;
                    CREATE INDEX sync_by_end ON sync (state, updated_at);
                    """)
        }
        migrator.registerMigration("ids of events that rise across restarts") { database in
            try database.execute(
                sql: """
                    -- one row: no event has an id later than this, milliseconds since 1970
                    CREATE TABLE event_sequence (
                        id INTEGER PRIMARY KEY CHECK (id = 1),
                        reserved_until INTEGER NOT NULL
                    ) STRICT;
                    """)
        }
        migrator.registerMigration("event log") { database in
            try database.execute(
                sql: """
                    -- the published events, numbered without gaps in the order of publication
                    CREATE TABLE event (
                        position INTEGER PRIMARY KEY,
                        id_high INTEGER NOT NULL,
                        id_low INTEGER NOT NULL,
                        type INTEGER NOT NULL,
                        time INTEGER NOT NULL,
                        -- the latest time, and the bytes, of this event and all before it
                        latest_time INTEGER NOT NULL,
                        bytes_through INTEGER NOT NULL,
                        resource_hash INTEGER NOT NULL,
                        resource_id BLOB NOT NULL,
                        -- labels and metadata
                        detail BLOB NOT NULL
                    ) STRICT;

                    -- each index ends with the position
                    CREATE INDEX event_by_id ON event (id_high);
                    CREATE INDEX event_by_type ON event (type);
                    CREATE INDEX event_by_resource ON event (resource_hash);

                    -- one row: what is known of the events that are not kept
                    CREATE TABLE event_log (
                        id INTEGER PRIMARY KEY CHECK (id = 1),
                        is_on INTEGER NOT NULL,
                        -- the newest event that is not kept: its position, and its values above
                        floor INTEGER NOT NULL,
                        floor_id_high INTEGER,
                        floor_id_low INTEGER,
                        floor_time INTEGER NOT NULL,
                        floor_bytes INTEGER NOT NULL,
                        -- later events are not evicted; NULL when there is no such place
                        retained_after INTEGER
                    ) STRICT;
                    """)
        }
        migrator.registerMigration("answers by idempotency key") { database in
            try database.execute(
                sql: """
                    CREATE TABLE idempotent_answer (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        subject BLOB NOT NULL,
                        key BLOB NOT NULL,
                        digest BLOB NOT NULL,
                        created_at INTEGER NOT NULL,
                        -- the bytes of this answer and all before it
                        bytes_through INTEGER NOT NULL,
                        status INTEGER NOT NULL,
                        fields BLOB NOT NULL,
                        body BLOB NOT NULL,
                        UNIQUE (subject, key)
                    ) STRICT;
                    """)
        }
        registerTokens(&migrator)
        registerWebhooks(&migrator)
        migrator.registerMigration("referrers") { database in
            try database.execute(
                sql: """
                    -- what is attached to records, as it was sent
                    CREATE TABLE referrer (
                        id INTEGER PRIMARY KEY,
                        record_id INTEGER NOT NULL REFERENCES record (id) ON DELETE CASCADE,
                        cid TEXT NOT NULL,
                        type TEXT NOT NULL,
                        size INTEGER NOT NULL,
                        content BLOB NOT NULL,
                        attached_at INTEGER NOT NULL,
                        UNIQUE (record_id, cid)
                    ) STRICT;
                    """)
            try ReferrerTable.addExisting(database)
        }
        registerSearch(&migrator)
        return migrator
    }
}
