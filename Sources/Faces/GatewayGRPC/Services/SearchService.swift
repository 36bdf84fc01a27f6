internal import Directory
internal import DirectoryMessages
internal import SwiftProtobuf
internal import Text

extension GRPCMethods {
    private static let searchService = "agntcy.dir.search.v1.SearchService"

    /// `agntcy.dir.search.v1.SearchService`
    static func search(_ operations: Operations) -> [GRPCMethod] {
        [
            .serverStream(searchService, "SearchCIDs", scope: .recordsRead) {
                (request: Agntcy_Dir_Search_V1_SearchCIDsRequest, call: GRPCCall) in
                var window = Window(limit: request.limit, offset: request.offset)
                try await find(try RecordSearch(request.queries), operations) { page in
                    for item in window.take(page) {
                        try await call.send(
                            Agntcy_Dir_Search_V1_SearchCIDsResponse.with {
                                $0.recordCid = item.cid
                            })
                    }
                    return window.isFull
                }
            },
            .serverStream(searchService, "SearchRecords", scope: .recordsRead) {
                (request: Agntcy_Dir_Search_V1_SearchRecordsRequest, call: GRPCCall) in
                var window = Window(limit: request.limit, offset: request.offset)
                try await find(try RecordSearch(request.queries), operations) { page in
                    for item in window.take(page) {
                        // One that was deleted meanwhile is left out, as upstream.
                        guard let json = try? await content(of: item.cid, operations) else {
                            continue
                        }
                        let record = try await RecordMessage.encode(json)
                        try await call.send(Wire.field(1, record))
                    }
                    return window.isFull
                }
            },
        ]
    }

    /// Calls `body` with the records that a search finds, a page at a time, until it returns true.
    static func find(
        _ search: RecordSearch, _ operations: Operations,
        _ body: ([RecordSearchPage.Item]) async throws -> Bool
    ) async throws {
        var search = search
        repeat {
            let page = try await operations.search(search)
            if try await body(page.items) { return }
            search.after = page.next
        } while !search.after.isNil
    }
}

extension RecordSearch {
    /// Reads the queries of a request: AND between the kinds, OR inside a kind; comparisons are all AND.
    /// Kinds that are not known are ignored, as upstream.
    init(_ queries: [Agntcy_Dir_Search_V1_RecordQuery]) throws(GRPCStatus) {
        self.init()
        var tests: [Agntcy_Dir_Search_V1_RecordQueryType: [RecordTest]] = [:]
        for query in queries {
            if query.type == .verified || query.type == .trusted {
                let wants = query.value.equalsIgnoringASCIICase("true") != query.negate
                conditions.append(Condition([.isSigned], isNegated: !wants))
                continue
            }
            guard let (test, isComparison) = try RecordTest.test(query) else { continue }
            if query.negate || isComparison {
                conditions.append(Condition([test], isNegated: query.negate))
            } else {
                tests[query.type, default: []].append(test)
            }
        }
        for type in tests.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
            conditions.append(Condition(tests[type] ?? []))
        }
    }
}

extension RecordTest {
    /// Reads a query; nil when it is ignored.
    /// - Returns: the test, and whether it is a comparison.
    fileprivate static func test(_ query: Agntcy_Dir_Search_V1_RecordQuery) throws(GRPCStatus) -> (
        test: RecordTest, isComparison: Bool
    )? {
        let text = query.value
        let pattern = Wildcard(text)
        func plain(_ test: RecordTest) -> (RecordTest, Bool) { (test, false) }
        switch query.type {
        case .name: return plain(.matches(.name, pattern, text: text))
        case .version: return comparison(.version, text)
        case .schemaVersion: return comparison(.schemaVersion, text)
        case .createdAt: return comparison(.createdAt, text)
        case .skillName: return plain(.has(.skills, name: pattern, id: nil))
        case .domainName: return plain(.has(.domains, name: pattern, id: nil))
        case .moduleName: return plain(.has(.modules, name: pattern, id: nil))
        case .skillID: return plain(.has(.skills, name: nil, id: try number(text)))
        case .domainID: return plain(.has(.domains, name: nil, id: try number(text)))
        case .moduleID: return plain(.has(.modules, name: nil, id: try number(text)))
        case .author: return plain(.author(text))
        case .description_: return plain(.description(pattern))
        case .locator: return plain(locator(text))
        case .annotation:
            let parts = text.fields(on: UInt8(ascii: ":"), limit: 1)
            return plain(
                .annotation(key: parts[0], value: parts.count > 1 ? Wildcard(parts[1]) : nil))
        case .verified, .trusted, .unspecified, .scanSeverity, .scanSafe, .UNRECOGNIZED: return nil
        }
    }

    /// Reads `type`, `type:url`, or a pattern of a URL that begins with a star.
    private static func locator(_ text: String) -> RecordTest {
        if text.hasBytePrefix("*") { return .locator(type: nil, url: Wildcard(text)) }
        let parts = text.fields(on: UInt8(ascii: ":"), limit: 1)
        return .locator(
            type: Wildcard(parts[0]), url: parts.count > 1 ? Wildcard(parts[1]) : nil)
    }

    private static func comparison(_ field: Field, _ text: String) -> (RecordTest, Bool) {
        let marks: [(String, Comparison)] = [
            (">=", .greaterOrEqual), ("<=", .lessOrEqual), (">", .greater), ("<", .less),
            ("=", .equal),
        ]
        for (mark, comparison) in marks where text.hasBytePrefix(mark) {
            let rest = String(Substring(text.utf8.dropFirst(mark.utf8.count))).trimmedASCII
            return (.compares(field, comparison, rest), true)
        }
        return (.matches(field, Wildcard(text), text: text), false)
    }

    private static func number(_ text: String) throws(GRPCStatus) -> Double {
        guard (1...15).contains(text.utf8.count), text.utf8.allSatisfy(ASCII.isDigit),
            let number = Double(text)
        else {
            throw GRPCStatus(
                .invalidArgument, "'\(text.clipped(to: 64))' is not the number of a class")
        }
        return number
    }
}
