internal import Events
internal import GRDB
internal import Records
public import Text

extension Operations {
    /// The result of the push of one record.
    public struct Pushed: Sendable, Equatable {
        /// The CID.
        public let cid: String
        /// False when the record was stored already.
        public let isNew: Bool

        package init(cid: String, isNew: Bool) {
            self.cid = cid
            self.isNew = isNew
        }
    }

    /// Stores a record. Storing it again changes nothing and succeeds.
    ///
    /// Emits RECORD_PUSHED, also for a record that was stored already.
    /// - Parameter json: the record, at most `limits.body_bytes` long.
    /// - Throws: `DirectoryError.record` when it is not a valid record.
    public func push(_ json: [UInt8]) async throws(DirectoryError) -> Pushed {
        let isSmall = json.count <= Self.smallSize
        let record = isSmall ? try Self.result(json).get() : try await Self.read(json)
        let results = try await store(records: [record])
        guard let pushed = results.first else { throw .storeUnavailable("nothing was stored") }
        return pushed
    }

    /// Stores many records in one commit. A record that is refused does not stop the others.
    /// - Returns: a result for each, in order.
    public func push(many jsons: [[UInt8]]) async -> [Result<Pushed, DirectoryError>] {
        guard !jsons.isEmpty else { return [] }
        let isSmall = jsons.reduce(0) { $0 + $1.count } <= Self.smallSize
        let records = isSmall ? jsons.map(Self.result) : await Self.read(many: jsons)
        let good = records.compactMap { try? $0.get() }
        let stored: Result<[Pushed], DirectoryError>
        do { stored = .success(try await store(records: good)) } catch { stored = .failure(error) }
        var next = 0
        return records.map { record in
            // An invalid record keeps its own error, even when the store failed.
            record.flatMap { _ in
                defer { next += 1 }
                return stored.map { $0[next] }
            }
        }
    }

    /// Stores records in one commit, up to the first that is not valid: those after it are not
    /// stored.
    ///
    /// Emits RECORD_PUSHED for each that is stored.
    /// - Parameter values: parsed within the limits of `JSONParser`.
    /// - Returns: a result for each stored record, and the error that ended the list.
    public func push(inOrder values: [JSONValue]) async -> (
        pushed: [Pushed], error: DirectoryError?
    ) {
        let (records, error) = await Self.read(inOrder: values)
        do { return (try await store(records: records), error) } catch { return ([], error) }
    }

    @concurrent
    private static func read(inOrder values: [JSONValue]) async -> ([Record], DirectoryError?) {
        var records: [Record] = []
        for value in values {
            do { records.append(try Record(value: value)) } catch {
                return (records, .record(error))
            }
        }
        return (records, nil)
    }

    private func store(records: [Record]) async throws(DirectoryError) -> [Pushed] {
        guard !records.isEmpty else { return [] }
        return try await store.apply(StoreRecords(records: records, time: now()))
    }

    /// Up to this size in bytes, records are read on the caller's thread: that takes less than 1 ms,
    /// whatever is in them, and changing the thread would cost more for most.
    private static let smallSize = 16 << 10

    /// Reads a record away from the caller's thread, because parsing and hashing take time.
    @concurrent
    private static func read(_ json: [UInt8]) async throws(DirectoryError) -> Record {
        try result(json).get()
    }

    @concurrent
    private static func read(many jsons: [[UInt8]]) async -> [Result<Record, DirectoryError>] {
        jsons.map(result)
    }

    private static func result(_ json: [UInt8]) -> Result<Record, DirectoryError> {
        Result { () throws(Records.RecordError) in try Record(json: json) }.mapError { .record($0) }
    }
}

/// Stores valid records; those that are stored already stay as they are.
struct StoreRecords: Change {
    let records: [Record]
    /// Microseconds since 1970.
    let time: Int64

    func apply(to database: Database) throws -> Applied<[Operations.Pushed]> {
        let pushed = try records.map { record in
            Operations.Pushed(
                cid: record.cid, isNew: try RecordTable.insert(record, at: time, database))
        }
        return Applied(
            result: pushed,
            events: records.map { EventDraft(.recordPushed, $0.cid, labels: $0.labels) })
    }
}
