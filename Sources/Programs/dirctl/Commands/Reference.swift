internal import DirectoryClient

/// A record as people name it: a cid, or `name[:version]`, which means the newest record with
/// exactly this name.
enum Reference {
    /// Finds the cids of records.
    static func cids(_ texts: [String], _ client: DirectoryClient) async throws -> [String] {
        var cids: [String] = []
        for text in texts { cids.append(try await cid(text, client)) }
        return cids
    }

    /// Finds the cid of a record.
    /// - Throws: when the text is neither a cid nor a name that is known to the gateway.
    static func cid(_ text: String, _ client: DirectoryClient) async throws -> String {
        if isCID(text) { return text }
        guard !text.isEmpty else {
            throw Exit.Failure(message: "no record is named: give a cid or a name", code: .usage)
        }
        // A name may hold colons itself, so the whole text comes first.
        var query = RecordQuery()
        query.names = [LiteralPattern.of(text)]
        var similar: String?
        if let cid = try await newest(
            query, client, highest: 1,
            rank: { record in
                if record.name.utf8.elementsEqual(text.utf8) { return 1 }
                if NamePattern(text).matches(record.name) { similar = similar ?? record.name }
                return nil
            })
        {
            return cid
        }
        if let cid = try await versioned(text, client) { return cid }
        let hint =
            similar.map { "there is '\(Output.printable($0))'" } ?? "try 'dirctl search'"
        throw Exit.Failure(
            message:
                "'\(Output.printable(text))' is neither a cid nor the name of a record that is stored: \(hint)",
            code: .notFound)
    }

    /// CIDv1 in base32, as all of this directory's are.
    static func isCID(_ text: String) -> Bool {
        text.utf8.count == 59 && text.utf8.first == UInt8(ascii: "b")
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x32...0x37).contains($0) }
    }

    /// Finds `name:version`: each colon may be the one between them, and the longest name wins.
    private static func versioned(_ text: String, _ client: DirectoryClient) async throws
        -> String?
    {
        let splits = text.utf8.indices.filter { text.utf8[$0] == UInt8(ascii: ":") }.suffix(50)
            .map { (name: text[..<$0], version: text[text.utf8.index(after: $0)...]) }
            .filter { !$0.name.isEmpty && !$0.version.isEmpty }
        guard !splits.isEmpty else { return nil }
        var query = RecordQuery()
        query.names = splits.map { LiteralPattern.of(String($0.name)) }
        query.versions = splits.map { LiteralPattern.of(String($0.version)) }
        return try await newest(query, client, highest: splits.count - 1) { record in
            splits.lastIndex {
                record.name.utf8.elementsEqual($0.name.utf8)
                    && record.version.utf8.elementsEqual($0.version.utf8)
            }
        }
    }

    /// Looks through a listing for the record with the highest rank; of several, the newest.
    /// - Parameters:
    ///   - highest: the rank that no other record can beat.
    ///   - rank: nil for a record that is not meant.
    private static func newest(
        _ query: RecordQuery, _ client: DirectoryClient, highest: Int,
        rank: (RecordSummary) -> Int?
    ) async throws -> String? {
        var best: (cid: String, rank: Int)?
        var cursor: String?
        repeat {
            let page = try await client.records(query, limit: 1000, after: cursor)
            for record in page.records {
                if let rank = rank(record), rank > best?.rank ?? -1 { best = (record.cid, rank) }
            }
            cursor = page.next
        } while cursor != nil && best?.rank != highest
        guard let best else { return nil }
        guard isCID(best.cid) else {
            throw Exit.Failure(
                message: "the gateway names a record that has no cid", code: .unreachable)
        }
        return best.cid
    }
}
