internal import GRDB

extension Schema {
    /// The index of words. It is empty at first: the records are added in the background, step by
    /// step (`CommitQueue.indexNext`), those of an existing store too.
    static func registerSearch(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("search by words") { database in
            try database.execute(
                sql: """
                    -- what a search by words looks through, as SearchText makes it
                    CREATE TABLE record_text (
                        record_id INTEGER PRIMARY KEY REFERENCES record (id),
                        text TEXT NOT NULL
                    ) STRICT;

                    -- which records have which three characters in a row, without their places
                    CREATE VIRTUAL TABLE record_search USING fts5(
                        text, content = 'record_text', content_rowid = 'record_id',
                        tokenize = 'trigram', detail = none, columnsize = 0
                    );

                    -- one row: every record up to this number is in the index
                    CREATE TABLE search_index (
                        id INTEGER PRIMARY KEY CHECK (id = 1),
                        indexed_through INTEGER NOT NULL
                    ) STRICT;
                    INSERT INTO search_index (id, indexed_through) VALUES (1, 0);
                    """)
        }
    }
}
