internal import DirectoryClient
internal import FoundationEssentials
internal import Text

/// Finds records: the gateway filters by what it knows, and the rest is filtered here.
struct RecordFinder {
    /// The most records whose content is read at a time.
    private static let concurrency = 8

    private(set) var query = RecordQuery()
    private(set) var conditions: [Condition] = []
    private var exclusions: [Condition] = []
    /// The flag whose labels the gateway filters by; the listing takes those of one flag.
    private var preselected: String?
    private let client: DirectoryClient

    init(_ client: DirectoryClient) { self.client = client }

    /// What was found.
    struct Found {
        /// The records of the window.
        var records: [RecordSummary]
        /// Whether more records match.
        var hasMore: Bool
        /// The number of all that match; nil when it is not known.
        var total: Int?
        /// Whether there are no more than `total`.
        var isTotalExact = true
    }

    /// Only published records, or only others; nil for both.
    mutating func require(published: Bool?) { query.isPublished = published }

    /// Adds words.
    mutating func require(words: [String]) { query.words = words }

    /// Adds a condition that is checked here.
    mutating func require(_ condition: Condition) { conditions.append(condition) }

    /// Adds the conditions of flags.
    /// - Throws: `Exit.Failure` when a flag is empty.
    mutating func require(_ flags: [(flag: String, condition: Condition)]) throws {
        try CommaList.refuseEmpty(flags.map { ("--\($0.flag)", $0.condition.lists) })
        for (flag, condition) in flags where condition.isGiven {
            let items = condition.lists.commaSeparated
            switch flag {
            case preselected: break
            case "name": query.names = condition.lists
            case "version" where !items.contains(where: TextPattern.isLimit):
                query.versions = condition.lists
            default: conditions.append(condition)
            }
        }
    }

    /// Adds what records must not have.
    /// - Throws: `Exit.Failure` when a flag is empty.
    mutating func exclude(_ flags: [(flag: String, condition: Condition)]) throws {
        try CommaList.refuseEmpty(flags.map { ("--\($0.flag)", $0.condition.lists) })
        exclusions += flags.map(\.condition).filter(\.isGiven)
    }

    /// Lets the gateway filter by the labels of one flag. Comes before the conditions of the flags.
    /// - Parameter flags: for each, its name, the beginning of its labels, and its items.
    mutating func preselect(_ flags: [(flag: String, kind: String, items: [String])]) {
        for (flag, kind, lists) in flags {
            let items = lists.commaSeparated
            guard !items.isEmpty, !items.contains(where: { Wildcard($0).isPattern }) else {
                continue
            }
            query.labels = items.map { kind + $0 }
            preselected = flag
            return
        }
    }

    /// Finds records, newest first.
    /// - Throws: `DirectoryClientError`.
    func find(_ window: ListWindow) async throws -> Found {
        do { return try await search(window) } catch DirectoryClientError.refused(let problem)
            where !query.words.isEmpty && problem.kind.hasBytes(of: "unknown-parameter")
        {
            // An older gateway does not know words.
            var other = self
            other.query.words = []
            other.conditions += Condition.words(query.words)
            return try await other.search(window)
        }
    }

    private func search(_ window: ListWindow) async throws -> Found {
        let isFiltered = !conditions.isEmpty || !exclusions.isEmpty
        var found: [RecordSummary] = []
        var cursor: String?
        var total: (count: Int?, isExact: Bool) = (nil, true)
        repeat {
            let most = isFiltered ? 1000 : min(window.end - found.count, 1000)
            let page = try await client.records(query, limit: most, after: cursor)
            if total.count == nil { total = (page.total, page.isTotalExact) }
            found += try await matching(page.records)
            cursor = page.next
        } while cursor != nil && found.count < window.end
        return Found(
            records: window.part(of: found), hasMore: cursor != nil || found.count > window.end,
            total: isFiltered ? nil : total.count, isTotalExact: total.isExact)
    }

    private func matching(_ records: [RecordSummary]) async throws -> [RecordSummary] {
        let all = conditions + exclusions
        let isLate = all.contains(where: \.needsContent)
        let early = records.filter { record in
            let candidate = Candidate(summary: record, content: nil)
            return conditions.allSatisfy { $0.needsContent || $0.matches(candidate) }
                && !exclusions.contains { !$0.needsContent && $0.matches(candidate) }
        }
        guard isLate, !early.isEmpty else { return early }
        let contents = try await contents(early)
        return zip(early, contents).filter { record, content in
            let candidate = Candidate(summary: record, content: content)
            return conditions.allSatisfy { $0.matches(candidate) }
                && !exclusions.contains { $0.matches(candidate) }
        }.map(\.0)
    }

    /// Reads the content of records, in their order; nil for one that was deleted meanwhile. Emits no
    /// event.
    private func contents(_ records: [RecordSummary]) async throws -> [JSONValue?] {
        let client = client
        return try await withThrowingTaskGroup(of: (Int, JSONValue?).self) { group in
            var contents = [JSONValue?](repeating: nil, count: records.count)
            for index in records.indices {
                if index >= Self.concurrency, let (done, content) = try await group.next() {
                    contents[done] = content
                }
                let cid = records[index].cid
                group.addTask {
                    do {
                        let bytes = [UInt8](try await client.pull(cid, isPeek: true))
                        return (index, try? JSONParser.parse(bytes))
                    } catch DirectoryClientError.refused(let problem) where problem.status == 404 {
                        return (index, nil)
                    }
                }
            }
            for try await (done, content) in group { contents[done] = content }
            return contents
        }
    }
}
