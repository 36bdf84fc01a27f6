internal import Events
internal import FoundationEssentials
internal import GRDB
internal import Text

extension Operations {
    /// A stored record's content.
    public struct Pulled: Sendable {
        public let cid: String
        /// Canonical JSON; hashes to `cid`.
        public let content: [UInt8]
    }

    /// What is known of a record without reading it.
    public struct RecordInfo: Sendable, Equatable {
        public let cid: String
        /// Bytes of canonical JSON.
        public let size: Int
        public let labels: [String]
    }

    /// Reads a record for a client.
    ///
    /// Emits RECORD_PULLED.
    public func pull(_ cid: String) async throws(DirectoryError) -> Pulled {
        try Self.check(cids: [cid])
        let (content, labels) = try await store.read(of: cid) { database in
            guard let id = try RecordTable.id(of: cid, database),
                let row = try Row.fetchOne(
                    database.cachedStatement(sql: "SELECT content FROM record WHERE id = ?"),
                    arguments: [id])
            else { throw DirectoryError.notFound([cid]) }
            let content: Data = try row.decode(atIndex: 0)
            // A disk can forget a bit: what is handed out always hashes to its name.
            let bytes = [UInt8](content)
            guard CID.of(bytes).hasBytes(of: cid) else { throw DirectoryError.damaged(cid: cid) }
            return (bytes, try LabelTable.labels(of: id, database))
        }
        events.emit([EventDraft(.recordPulled, cid, labels: labels)])
        return Pulled(cid: cid, content: content)
    }

    /// Looks a record up. Emits nothing: its content is not read.
    public func info(_ cid: String) async throws(DirectoryError) -> RecordInfo {
        try Self.check(cids: [cid])
        return try await store.read(of: cid) { database in
            guard let id = try RecordTable.id(of: cid, database),
                let row = try Row.fetchOne(
                    database.cachedStatement(sql: "SELECT size FROM record WHERE id = ?"),
                    arguments: [id])
            else { throw DirectoryError.notFound([cid]) }
            let size: Int = try row.decode(atIndex: 0)
            guard size >= 0 else { throw DirectoryError.damaged(cid: cid) }
            return RecordInfo(
                cid: cid, size: size, labels: try LabelTable.labels(of: id, database))
        }
    }
}
