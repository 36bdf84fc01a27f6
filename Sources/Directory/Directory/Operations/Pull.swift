internal import Events
internal import FoundationEssentials
internal import GRDB
internal import Records
internal import Text

extension Operations {
    /// A stored record's content.
    public struct Pulled: Sendable {
        public let cid: String
        /// Canonical JSON; hashes to `cid`.
        public let content: [UInt8]

        public init(cid: String, content: [UInt8]) {
            self.cid = cid
            self.content = content
        }
    }

    /// What is known of a record without reading it.
    public struct RecordInfo: Sendable, Equatable {
        public let cid: String
        /// Bytes of canonical JSON.
        public let size: Int
        public let labels: [String]
    }

    /// The content of a record, or how to get it.
    public enum Content: Sendable {
        case whole(Pulled)
        /// It has so many bytes: `part(of:from:)` reads them.
        case large(length: Int)
    }

    /// Records up to this size are handed out whole.
    private static let wholeBytes = 128 << 10
    /// What is read of a large record at a time.
    private static let partBytes = 256 << 10

    /// Reads a record for a client. One that is large is checked, and then read in parts as the
    /// client takes them, so that slow clients hold little memory.
    ///
    /// Emits RECORD_PULLED.
    public func pull(_ cid: String) async throws(DirectoryError) -> Content {
        try Self.check(cids: [cid])
        let (content, labels) = try await store.read(of: cid) { database in
            guard let id = try RecordTable.id(of: cid, database),
                let row = try Row.fetchOne(
                    database.cachedStatement(sql: "SELECT content FROM record WHERE id = ?"),
                    arguments: [id])
            else { throw DirectoryError.notFound([cid]) }
            let data: Data = try row.decode(atIndex: 0)
            // A disk can forget a bit: what is handed out always hashes to its name.
            let bytes = [UInt8](data)
            guard CID.of(bytes).hasBytes(of: cid) else { throw DirectoryError.damaged(cid: cid) }
            let content: Content =
                bytes.count <= Self.wholeBytes
                ? .whole(Pulled(cid: cid, content: bytes)) : .large(length: bytes.count)
            return (content, try LabelTable.labels(of: id, database))
        }
        await store.announce([EventDraft(.recordPulled, cid, labels: labels)])
        return content
    }

    /// Reads a part of a record that `pull` has found.
    /// - Parameter place: the first byte, counted from 0.
    /// - Throws: `DirectoryError.notFound` when the record was deleted meanwhile.
    public func part(of cid: String, from place: Int) async throws(DirectoryError) -> [UInt8] {
        try await store.read(of: cid) { database in
            guard
                let part = try Data.fetchOne(
                    database.cachedStatement(
                        sql: "SELECT substr(content, ?, ?) FROM record WHERE cid = ?"),
                    arguments: [place + 1, Self.partBytes, cid]), !part.isEmpty
            else { throw DirectoryError.notFound([cid]) }
            return [UInt8](part)
        }
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
