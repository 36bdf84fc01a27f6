internal import DirectoryClient

/// The name of a record: a cid, or `name[:version]`, which means the newest record with
/// exactly this name.
enum Reference {
    /// Finds the cids of records.
    static func cids(_ texts: [String], _ client: DirectoryClient) async throws -> [String] {
        var cids: [String] = []
        for text in texts { cids.append(try await cid(text, client)) }
        return cids
    }

    /// Finds the cid of a record.
    /// - Throws: `Exit.Failure` when the text is neither a cid nor the name of a stored record.
    static func cid(_ text: String, _ client: DirectoryClient) async throws -> String {
        if isCID(text) { return text }
        guard !text.isEmpty else {
            throw Exit.Failure(message: "the record is missing: use a cid or a name", code: .usage)
        }
        // A name may have colons, so the whole text is looked up first.
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
                "'\(Output.printable(text))' is neither a cid nor the name of a stored record: \(hint)",
            code: .notFound)
    }

    /// Whether a text has the form of a cid of a gateway: CIDv1 in base32.
    static func isCID(_ text: String) -> Bool {
        text.utf8.count == 59 && text.utf8.first == UInt8(ascii: "b")
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x32...0x37).contains($0) }
    }

    /// Finds `name:version`. Each colon may be the separator; the longest name is preferred.
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

    /// Finds the record with the highest rank in a listing; of several, the newest.
    /// - Parameters:
    ///   - highest: the rank that no other record can beat.
    ///   - rank: returns nil for a record that does not match.
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
                message: "the gateway lists a record without a cid", code: .unreachable)
        }
        return best.cid
    }
}
