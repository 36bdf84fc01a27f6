internal import FoundationEssentials
internal import GRDB
internal import Records
public import Text

extension Operations {
    /// Returns the content of a record as a value, for an interface that shows parts of it. Emits
    /// nothing, because the content does not reach a client.
    /// - Throws: `DirectoryError.notFound`, or `.damaged`.
    public func value(of cid: String) async throws(DirectoryError) -> JSONValue {
        try Self.check(cids: [cid])
        let bytes = try await store.read(of: cid) { database in
            guard let id = try RecordTable.id(of: cid, database) else {
                throw DirectoryError.notFound([cid])
            }
            return try RecordTable.content(of: id, database)
        }
        return try await Self.parse(bytes, cid)
    }

    @concurrent
    private static func parse(_ bytes: [UInt8], _ cid: String) async throws(DirectoryError)
        -> JSONValue
    {
        do { return try JSONParser.parse(bytes) } catch { throw .damaged(cid: cid) }
    }
}
