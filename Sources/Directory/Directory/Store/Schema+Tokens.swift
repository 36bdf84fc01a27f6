internal import GRDB

extension Schema {
    /// Adds the tables of access tokens.
    static func registerTokens(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("tokens") { database in
            try database.execute(
                sql: """
                    CREATE TABLE token (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        name TEXT NOT NULL,
                        -- SHA-256: the token itself is not stored
                        hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
                        -- names, separated by spaces
                        scopes TEXT NOT NULL,
                        -- JSON; NULL allows every event
                        filter TEXT,
                        created_at INTEGER NOT NULL,
                        expires_at INTEGER,
                        revoked_at INTEGER,
                        last_used_at INTEGER
                    ) STRICT;

                    -- one row: rises with each change that a running gateway has to know
                    CREATE TABLE token_generation (
                        id INTEGER PRIMARY KEY CHECK (id = 1),
                        number INTEGER NOT NULL
                    ) STRICT;
                    INSERT INTO token_generation (id, number) VALUES (1, 0);
                    """)
        }
    }
}
