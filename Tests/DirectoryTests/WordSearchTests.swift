import Foundation
import GRDB
import TestSupport
import Testing

@testable import Directory

/// The search by words in a listing, and its total.
@Suite struct WordSearchTests {
    private let path = temporaryPath("words")
    private let store: Store
    private let operations: Operations

    init() throws {
        store = try Store(path: path, events: Silence(), now: { 0 })
        operations = Operations(store, in: path)
    }

    @discardableResult
    private func push(
        _ name: String, description: String = "d", skills: [String] = ["s"]
    ) async throws -> String {
        let text = record(name, description: description, skills: skills)
        return try await operations.push(Array(text.utf8)).cid
    }

    private func find(_ words: String, limit: Int = 100) async throws -> [String] {
        var listing = RecordListing()
        (listing.words, listing.limit) = (words, limit)
        return try await operations.list(listing).items.map(\.name)
    }

    @Test(arguments: [false, true])
    func `every word must occur somewhere, in any case`(isIndexed: Bool) async throws {
        try await push("Weather Agent", description: "tells the forecast", skills: ["nlp/summary"])
        try await push("weather-map", description: "Draws \\\"maps\\\" & <plans>")
        try await push("Übersetzer", description: "日本語 text, C++")
        if isIndexed { try store.indexWordsNow() }
        for (words, names) in [
            ("weather", ["weather-map", "Weather Agent"]), ("WEATHER forecast", ["Weather Agent"]),
            ("eathe", ["weather-map", "Weather Agent"]), ("summary", ["Weather Agent"]),
            ("weather  nothing", []), ("\"maps\"", ["weather-map"]), ("& <plans>", ["weather-map"]),
            ("日本", ["Übersetzer"]), ("Übers", ["Übersetzer"]), ("übers", []),
            ("c++", ["Übersetzer"]),
            ("ge", ["Weather Agent"]),
            ("weather\tmap", ["weather-map"]), ("OR", ["Weather Agent"]), ("agent*", []),
            ("agenttells", []), ("agent tells", ["Weather Agent"]),
        ] {
            #expect(try await find(words) == names, "\(words)")
        }
        #expect(try await find(" ").count == 3, "no word matches every record")
    }

    @Test func `the index finds what comparing finds`() async throws {
        var random = SystemRandomNumberGenerator()
        let parts = ["ab", "abc", "abcd", "bcde", "x\\\"y", "é", "ÉÈ", "zz", "AbC", "b<c", "cd"]
        func text() -> String {
            (0..<Int.random(in: 1...6, using: &random))
                .map { _ in parts.randomElement(using: &random) ?? "" }
                .joined(separator: Bool.random(using: &random) ? " " : "")
        }
        func push(_ count: Int, _ start: Int) async throws {
            for number in start..<start + count {
                try await self.push("r\(number) " + text(), description: text())
            }
        }
        try await push(60, 0)
        let queries = (0..<60).map { _ in
            String(text().replacingOccurrences(of: "\\\"", with: "\"").prefix(9))
        }
        var before: [[String]] = []
        for query in queries { before.append(try await find(query)) }
        try store.indexWordsNow()
        for (query, names) in zip(queries, before) {
            #expect(try await find(query) == names, "\(query)")
        }
        // Some in the index, some not, some deleted.
        try await push(40, 60)
        var all = RecordListing()
        all.limit = 1000
        for item in try await operations.list(all).items.shuffled().prefix(30) {
            try await operations.delete(item.cid)
        }
        before = []
        for query in queries { before.append(try await find(query)) }
        try store.indexWordsNow()
        for (query, names) in zip(queries, before) {
            #expect(try await find(query) == names, "\(query)")
        }
        #expect(before.contains { !$0.isEmpty } && before.contains { $0.isEmpty })
        store.close()
        #expect(try Store.check(path: path) == nil)
    }

    @Test func `a store of an earlier version is indexed after it was opened`() async throws {
        try await push("needle in it")
        store.close()
        try changeDatabase(
            in: path,
            """
            DROP TABLE record_text; DROP TABLE record_search; DROP TABLE search_index;
            DELETE FROM grdb_migrations WHERE identifier = 'search by words'
            """)
        let again = try Store(path: path, events: Silence(), now: { 0 })
        defer { again.close() }
        var listing = RecordListing()
        listing.words = "needle"
        let operations = Operations(again, in: path)
        #expect(try await operations.list(listing).items.count == 1)
        try again.indexWordsNow()
        #expect(try await operations.list(listing).items.count == 1)
    }

    @Test func `the background indexes what was pushed`() async throws {
        for number in 0..<100 { try await push("r\(number)") }
        var through: Int64 = 0
        let deadline = ContinuousClock.now + .seconds(30)
        while through < 100, ContinuousClock.now < deadline {
            through = try await store.read { try SearchTable.indexedThrough($0) }
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(through == 100)
        store.close()
    }

    @Test func `text beyond the limit of one record is not found`() async throws {
        let long = String(repeating: "long ", count: 1900)
        try await push("first", description: long + "needle", skills: ["behind"])
        let wide = String(repeating: "日本", count: 4900)
        try await push("second", description: wide + "needle", skills: ["behind"])
        for isIndexed in [false, true] {
            if isIndexed { try store.indexWordsNow() }
            #expect(try await find("needle") == ["first"])
            #expect(try await find("second") == ["second"])
        }
    }

    @Test func `too many or too long words are refused`() async throws {
        for words in [
            [String](repeating: "a", count: 17).joined(separator: " "),
            String(repeating: "a", count: 1025),
        ] {
            await #expect(throws: DirectoryError.self) { try await find(words) }
        }
    }

    @Test func `the first page has the number of all records that match`() async throws {
        for number in 0..<25 { try await push(number < 20 ? "some\(number)" : "other\(number)") }
        func page(_ change: (inout RecordListing) -> Void) async throws -> RecordPage {
            var listing = RecordListing()
            listing.limit = 10
            change(&listing)
            return try await operations.list(listing)
        }
        func total(_ change: (inout RecordListing) -> Void) async throws -> Int? {
            let page = try await page(change)
            #expect(page.total?.isExact != false)
            return page.total?.count
        }
        #expect(try await total { _ in } == 25)
        #expect(try await total { $0.names = ["some*"] } == 20)
        #expect(try await total { $0.words = "some" } == 20)
        #expect(try await total { $0.words = "so" } == 20)
        #expect(try await total { $0.labels = ["/skills/s"] } == 25)
        #expect(try await total { $0.published = false } == 25)
        #expect(try await total { $0.words = "other" } == 5)
        #expect(try await total { $0.words = "nothing" } == 0)
        let next = try await page { _ in }.next
        #expect(try await page { $0.after = next }.total == nil, "later pages are not counted")
        store.close()
    }
}
