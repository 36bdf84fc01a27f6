internal import Events

extension Operations {
    /// What became of one record.
    public struct Pushed: Sendable, Equatable {
        public let cid: String
        /// False when the record was stored already.
        public let isNew: Bool
    }

    /// Stores a record. Storing it again changes nothing and succeeds.
    ///
    /// Emits RECORD_PUSHED, also for a record that was stored already.
    public func push(_ json: [UInt8]) async throws(DirectoryError) -> Pushed {
        let record = try await Self.read(json)
        let results = try await store(records: [record])
        guard let pushed = results.first else { throw .storeUnavailable("nothing was stored") }
        return pushed
    }

    /// Stores many records in one commit, each on its own merits.
    /// - Returns: a result for each, in order; records that are refused do not stop the others.
    /// - Throws: only when none of them could be stored.
    public func push(many jsons: [[UInt8]]) async throws(DirectoryError)
        -> [Result<Pushed, DirectoryError>]
    {
        let records = await Self.read(many: jsons)
        var pushed = try await store(records: records.compactMap { try? $0.get() }).makeIterator()
        return records.map { record in
            switch record {
            case .failure(let error): .failure(error)
            case .success:
                pushed.next().map { .success($0) }
                    ?? .failure(.storeUnavailable("the record was not stored"))
            }
        }
    }

    private func store(records: [Record]) async throws(DirectoryError) -> [Pushed] {
        guard !records.isEmpty else { return [] }
        let time = now()
        return try await store.write { database in
            let pushed = try records.map { record in
                Pushed(
                    cid: record.cid,
                    isNew: try RecordTable.insert(record, at: time, database))
            }
            let events = records.map { EventDraft(.recordPushed, $0.cid, labels: $0.labels) }
            return Change(result: pushed, events: events)
        }
    }

    /// Parsing and hashing take time: they leave the caller's thread.
    @concurrent
    private static func read(_ json: [UInt8]) async throws(DirectoryError) -> Record {
        try result(json).get()
    }

    @concurrent
    private static func read(many jsons: [[UInt8]]) async -> [Result<Record, DirectoryError>] {
        jsons.map(result)
    }

    private static func result(_ json: [UInt8]) -> Result<Record, DirectoryError> {
        Result { () throws(RecordError) in try Record(json: json) }.mapError { .record($0) }
    }
}
