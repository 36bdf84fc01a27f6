// Usage: bench-insert DIRECTORY BATCH COUNT
//
// The least that storing COUNT records with GRDB can cost: the gateway's columns, full durability,
// BATCH records a commit, and nothing else. Prints microseconds for each record.

internal import FoundationEssentials
internal import GRDB
internal import Glibc

/// Microseconds of CPU that this process has used.
func cpu() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
}

let words = CommandLine.arguments
guard words.count == 4, let batch = Int(words[2]), let count = Int(words[3]) else {
    print("usage: bench-insert DIRECTORY BATCH COUNT")
    exit(64)
}
let pool = try DatabasePool(path: "\(words[1])/bare.sqlite")
try pool.writeWithoutTransaction { database in
    try database.execute(
        sql: """
            PRAGMA synchronous = FULL;
            CREATE TABLE record (
                id INTEGER PRIMARY KEY AUTOINCREMENT, cid TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
                pushed_at INTEGER NOT NULL, content BLOB NOT NULL) STRICT;
            CREATE TABLE label (
                record_id INTEGER NOT NULL, position INTEGER NOT NULL, text TEXT NOT NULL,
                PRIMARY KEY (record_id, position)) STRICT, WITHOUT ROWID;
            """)
}
let content = Data(repeating: 0x20, count: 300)
let (began, before) = (ContinuousClock.now, cpu())
for first in stride(from: 0, to: count, by: batch) {
    try pool.write { database in
        for number in first..<min(first + batch, count) {
            let cid = "bafkrei" + String(UInt64(number) &* 0x9E37_79B9_7F4A_7C15, radix: 32)
            try database.cachedStatement(
                sql: "INSERT INTO record (cid, name, pushed_at, content) VALUES (?, ?, ?, ?)"
            ).execute(arguments: [cid, "bench/\(number)", number, content])
            try database.cachedStatement(
                sql: "INSERT INTO label (record_id, position, text) VALUES (?, ?, ?)"
            ).execute(arguments: [database.lastInsertedRowID, 0, "/skills/text_completion"])
        }
    }
}
let seconds = (ContinuousClock.now - began) / .seconds(1)
let (time, work) = (seconds * 1e6 / Double(count), (cpu() - before) / Double(count))
print("{\"time_us\": \(time), \"cpu_us\": \(work)}")
