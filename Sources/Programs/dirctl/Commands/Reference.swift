internal import DirectoryClient
internal import Records
internal import Text

/// The name of a record: a cid, or `name[:version][@cid]`. Without a cid it means the newest record
/// with exactly this name.
enum Reference {
    /// Finds the cids of records, before the command changes one of them.
    static func cids(_ texts: [String], _ client: DirectoryClient) async throws -> [String] {
        var cids: [String] = []
        for text in texts { cids.append(try await cid(text, client)) }
        return cids
    }

    /// Finds the cids of records of another gateway.
    static func cids(_ texts: [String], elsewhere client: DirectoryClient) async throws -> [String]
    {
        var cids: [String] = []
        for text in texts {
            guard !CID.isValid(text) else {
                cids.append(text)
                continue
            }
            do { cids.append(try await cid(text, client)) } catch let error as Exit.Failure {
                guard error.code == .notFound else { throw error }
                throw Exit.Failure(
                    message:
                        "'\(Output.printable(text))' is neither a cid nor the name of a record at \(client.configuration.server)",
                    code: .notFound)
            }
        }
        return cids
    }

    /// Finds the cid of a record.
    /// - Throws: `Exit.Failure` when the text is neither a cid nor the name of a stored record.
    static func cid(_ text: String, _ client: DirectoryClient) async throws -> String {
        if CID.isValid(text) { return text }
        return try await find(text, client, all: false)[0].cid
    }

    /// Finds all versions of a record that is named without one, newest first; otherwise the record.
    static func versions(_ text: String, _ client: DirectoryClient) async throws -> [Found] {
        if CID.isValid(text) { return [Found(cid: text, name: text, version: "")] }
        return try await find(text, client, all: true)
    }

    /// A record that was found.
    struct Found {
        let cid: String
        let name: String
        let version: String
    }

    private static func find(_ text: String, _ client: DirectoryClient, all: Bool) async throws
        -> [Found]
    {
        guard !text.utf8.isEmpty else {
            throw Exit.Failure(message: "the record is missing: use a cid or a name", code: .usage)
        }
        // A name may have colons and @, so the whole text is looked up first.
        var similar: String?
        var found = try await named(text, client, all: all) { similar = similar ?? $0 }
        if found.isEmpty { found = try await versioned(text, client) }
        let parts = Array(text.fields(on: UInt8(ascii: "@")))
        if found.isEmpty, parts.count > 1, let cid = parts.last, CID.isValid(cid) {
            let name = parts.dropLast().joined(separator: "@")
            let records =
                try await named(name, client, all: true)
                + (try await versioned(name, client, all: true))
            found = records.filter { $0.cid.hasBytes(of: cid) }
        }
        guard found.isEmpty else { return found }
        let hint =
            similar.map { "there is '\(Output.printable($0))'" }
            ?? "try 'dirctl search'"
        throw Exit.Failure(
            message:
                "'\(Output.printable(text))' is neither a cid nor the name of a stored record: \(hint)",
            code: .notFound)
    }

    /// Finds the records with exactly this name.
    /// - Parameter similar: receives a name that differs only in case.
    private static func named(
        _ name: String, _ client: DirectoryClient, all: Bool, similar: (String) -> Void = { _ in }
    ) async throws -> [Found] {
        var query = RecordQuery()
        query.names = [LiteralPattern.of(name)]
        return try await best(query, client, highest: 1, all: all) { record in
            if record.name.hasBytes(of: name) { return 1 }
            if Wildcard(name).matches(record.name) { similar(record.name) }
            return nil
        }
    }

    /// Finds `name:version`. Each colon may be the separator; the longest name is preferred.
    private static func versioned(_ text: String, _ client: DirectoryClient, all: Bool = false)
        async throws -> [Found]
    {
        let splits = text.utf8.indices.filter { text.utf8[$0] == UInt8(ascii: ":") }.suffix(50)
            .map { (name: text[..<$0], version: text[text.utf8.index(after: $0)...]) }
            .filter { !$0.name.utf8.isEmpty && !$0.version.utf8.isEmpty }
        guard !splits.isEmpty else { return [] }
        var query = RecordQuery()
        query.names = splits.map { LiteralPattern.of(String($0.name)) }
        query.versions = splits.map { LiteralPattern.of(String($0.version)) }
        return try await best(query, client, highest: splits.count, all: all) { record in
            splits.lastIndex {
                record.name.utf8.elementsEqual($0.name.utf8)
                    && record.version.utf8.elementsEqual($0.version.utf8)
            }.map { $0 + 1 }
        }
    }

    /// Finds the records with the highest rank in a listing, newest first.
    /// - Parameters:
    ///   - highest: the rank that no other record can beat.
    ///   - all: whether all records of that rank are wanted, or the newest one.
    ///   - rank: returns nil for a record that does not match.
    private static func best(
        _ query: RecordQuery, _ client: DirectoryClient, highest: Int, all: Bool,
        rank: (RecordSummary) -> Int?
    ) async throws -> [Found] {
        var best: (rank: Int, records: [Found]) = (0, [])
        var cursor: String?
        repeat {
            let page = try await client.records(query, limit: 1000, after: cursor)
            for record in page.records {
                guard let rank = rank(record), rank >= best.rank else { continue }
                if rank > best.rank { best = (rank, []) }
                guard CID.isValid(record.cid) else {
                    throw Exit.Failure(
                        message: "the gateway lists a record without a cid", code: .unreachable)
                }
                if all || best.records.isEmpty {
                    best.records.append(
                        Found(cid: record.cid, name: record.name, version: record.version))
                }
            }
            cursor = page.next
        } while cursor != nil && (all || best.rank != highest)
        return best.records
    }
}
