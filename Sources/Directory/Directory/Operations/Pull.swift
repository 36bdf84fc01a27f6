internal import Events
internal import FoundationEssentials
internal import GRDB
internal import Records
internal import Text

extension Operations {
    /// The content of a stored record.
    public struct Pulled: Sendable {
        /// The CID.
        public let cid: String
        /// Canonical JSON; its hash is in `cid`.
        public let content: [UInt8]

        /// Makes the content of a record.
        public init(cid: String, content: [UInt8]) {
            self.cid = cid
            self.content = content
        }
    }

    /// A stored record without its content.
    public struct RecordInfo: Sendable, Equatable {
        /// The CID.
        public let cid: String
        /// The length of its canonical JSON, bytes. Nil, here and below: not known.
        public let size: Int?
        /// The labels, in their order.
        public let labels: [String]?
        /// Whether it is published.
        public let isPublished: Bool?
        /// The number of its stored signatures.
        public let signatures: Int?

        package init(
            cid: String, size: Int?, labels: [String]?, isPublished: Bool?, signatures: Int?
        ) {
            self.cid = cid
            self.size = size
            self.labels = labels
            self.isPublished = isPublished
            self.signatures = signatures
        }
    }

    /// The content of a record, or how to get it.
    public enum Content: Sendable {
        /// The whole content.
        case whole(Pulled)
        /// Content of `length` bytes, which `part(of:from:)` reads.
        case large(length: Int)
    }

    /// The most bytes of a record that is read as a whole.
    private static let wholeBytes = 128 << 10
    /// The bytes of one part of a large record.
    private static let partBytes = 256 << 10

    /// Reads a record for a client. A large record is checked, and then read in parts at the pace of
    /// the client, so that slow clients hold little memory.
    ///
    /// Emits RECORD_PULLED, unless the client only looks.
    /// - Parameter isPeek: whether the client only looks at the record, as the dashboard does.
    /// - Throws: `DirectoryError.notFound`, or `.damaged` when the content does not match the CID.
    public func pull(_ cid: String, isPeek: Bool = false) async throws(DirectoryError) -> Content {
        try Self.check(cids: [cid])
        let (content, labels) = try await store.read(of: cid) { database in
            guard let id = try RecordTable.id(of: cid, database),
                let row = try Row.fetchOne(
                    database.cachedStatement(sql: "SELECT content FROM record WHERE id = ?"),
                    arguments: [id])
            else { throw DirectoryError.notFound([cid]) }
            let data: Data = try row.decode(atIndex: 0)
            // A disk can lose a bit: a client only receives content that matches the CID.
            let bytes = [UInt8](data)
            guard CID.of(bytes).hasBytes(of: cid) else { throw DirectoryError.damaged(cid: cid) }
            let content: Content =
                bytes.count <= Self.wholeBytes
                ? .whole(Pulled(cid: cid, content: bytes)) : .large(length: bytes.count)
            return (content, try LabelTable.labels(of: id, database))
        }
        if !isPeek { await store.announce([EventDraft(.recordPulled, cid, labels: labels)]) }
        return content
    }

    /// Reads a part of a record that `pull` has found.
    /// - Parameter place: the offset of the first byte.
    /// - Throws: `DirectoryError.notFound` when the record has been deleted since.
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

    /// Returns a record without its content. Emits nothing, because the content is not read.
    /// - Throws: `DirectoryError.notFound`.
    public func info(_ cid: String) async throws(DirectoryError) -> RecordInfo {
        try Self.check(cids: [cid])
        return try await store.read(of: cid) { database in
            guard let id = try RecordTable.id(of: cid, database),
                let row = try Row.fetchOne(
                    database.cachedStatement(
                        sql: """
                            SELECT size,
                                EXISTS (SELECT 1 FROM publication WHERE record_id = record.id),
                                (SELECT count(*) FROM signature WHERE record_id = record.id)
                            FROM record WHERE id = ?
                            """), arguments: [id])
            else { throw DirectoryError.notFound([cid]) }
            let size: Int = try row.decode(atIndex: 0)
            guard size >= 0 else { throw DirectoryError.damaged(cid: cid) }
            return RecordInfo(
                cid: cid, size: size, labels: try LabelTable.labels(of: id, database),
                isPublished: try row.decode(atIndex: 1), signatures: try row.decode(atIndex: 2))
        }
    }
}
