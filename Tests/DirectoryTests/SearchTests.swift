import Directory
import Foundation
import TestSupport
import Testing
import Text

@Suite struct SearchTests {
    private let operations: Operations
    private let path = temporaryPath("search")

    init() throws {
        operations = Operations(
            try Store(path: path, events: Silence(), now: { 0 }), in: path)
    }

    private func push(
        _ name: String, version: String = "v1", skills: [String] = ["s"], more: String = ""
    ) async throws -> String {
        try await operations.push(
            Array(record(name, version: version, skills: skills, more: more).utf8)
        ).cid
    }

    private func find(_ conditions: RecordSearch.Condition..., published: Bool = false)
        async throws -> [String]
    {
        var search = RecordSearch()
        search.conditions = conditions
        search.isPublished = published
        return try await operations.search(search).items.map(\.name)
    }

    @Test func `conditions all hold, and one test of each`() async throws {
        _ = try await push("a", version: "v1", skills: ["x/y"])
        _ = try await push("b", version: "v2", skills: ["x"])
        _ = try await push("c", version: "v3", skills: ["z"])
        let skill = RecordTest.has(.skills, name: Wildcard("X*"), id: nil)
        #expect(try await find() == ["c", "b", "a"])
        #expect(try await find(.init([skill])) == ["b", "a"])
        #expect(try await find(.init([skill], isNegated: true)) == ["c"])
        #expect(
            try await find(
                .init([skill]), .init([.compares(.version, .greaterOrEqual, "v2")])) == ["b"])
        #expect(
            try await find(.init([.isExactly(.name, "a"), .isExactly(.name, "c")])) == ["c", "a"])
        #expect(try await find(.init([.isExactly(.name, "A")])) == [])
        #expect(try await find(.init([.matches(.name, Wildcard("A"), text: "A")])) == ["a"])
        #expect(try await find(.init([.label("/skills/x", isWhole: false)])) == ["b", "a"])
        #expect(try await find(.init([.label("/skills/x", isWhole: true)])) == ["b"])
    }

    @Test func `the content is searched for what is no label`() async throws {
        _ = try await push(
            "a",
            more:
                #""annotations":{"team":"Blue"},"domains":[{"id":7,"name":"d"}],"locators":[{"type":"url","urls":["https://a.example/x"]}]"#
        )
        _ = try await push("b")
        for test: RecordTest in [
            .annotation(key: "team", value: Wildcard("blue")), .annotation(key: "team", value: nil),
            .has(.domains, name: nil, id: 7), .has(.domains, name: Wildcard("d"), id: 7),
            .locator(type: nil, url: Wildcard("*a.example*")),
            .locator(type: Wildcard("url"), url: Wildcard("https://*")),
            .locator(type: Wildcard("url"), url: nil),
        ] {
            #expect(try await find(.init([test])) == ["a"])
        }
        for test: RecordTest in [
            .annotation(key: "team", value: Wildcard("red")), .has(.skills, name: nil, id: 7),
            .has(.domains, name: Wildcard("x"), id: 7),
            .locator(type: Wildcard("binary"), url: Wildcard("*")), .isSigned,
        ] {
            #expect(try await find(.init([test])) == [])
        }
        #expect(try await find(.init([.author("A")])) == ["b", "a"])
        #expect(try await find(.init([.description(Wildcard("D"))])) == ["b", "a"])
    }

    @Test func `only published records are listed when it is wanted`() async throws {
        let cid = try await push("a")
        _ = try await push("b")
        _ = try await operations.publish(.cids([cid]))
        #expect(try await find(published: true) == ["a"])
    }

    @Test func `pages follow each other`() async throws {
        for number in 0..<5 { _ = try await push("n\(number)") }
        var search = RecordSearch()
        search.limit = 2
        var pages: [[String]] = []
        repeat {
            let page = try await operations.search(search)
            pages.append(page.items.map(\.name))
            search.after = page.next
        } while search.after != nil
        #expect(pages == [["n4", "n3"], ["n2", "n1"], ["n0"]])
        search.after = "x"
        await #expect(throws: DirectoryError.invalid("after is not a cursor of this search")) {
            try await operations.search(search)
        }
    }

    @Test func `a search is bounded`() async throws {
        var search = RecordSearch()
        search.conditions = [.init(Array(repeating: .isSigned, count: 101))]
        await #expect(throws: DirectoryError.self) { try await operations.search(search) }
        search.conditions = [.init([.author(String(repeating: "x", count: 5000))])]
        await #expect(throws: DirectoryError.self) { try await operations.search(search) }
    }
}
