import Events
import Foundation
import GRDB
import Synchronization
import Testing

@testable import Directory

@Suite struct IdempotencyTests {
    private final class Fixture {
        let path = NSTemporaryDirectory() + "keys-\(UUID().uuidString)"
        let time = Time()
        var store: Store
        var keys: Idempotency

        final class Time: Sendable {
            let now = Mutex<Int64>(1_760_000_000_000_000)
        }

        init(_ limits: IdempotencyLimits = IdempotencyLimits()) throws {
            store = try Store(path: path, events: Silence(), now: { 0 })
            keys = Idempotency(
                store: store, limits: limits, now: { [time] in time.now.withLock { $0 } })
        }

        deinit {
            store.close()
            try? FileManager.default.removeItem(atPath: path)
        }

        func restart() throws {
            store.close()
            store = try Store(path: path, events: Silence(), now: { 0 })
            keys = Idempotency(store: store, now: { [time] in time.now.withLock { $0 } })
        }

        func begin(
            _ key: String, subject: String = "s", digest: [UInt8] = [1]
        ) async throws -> Idempotency.Begin {
            try await keys.begin(IdempotentRequest(subject: subject, key: key, digest: digest))
        }

        /// Carries a request out.
        func run(_ key: String, answer: String = "done") async throws {
            guard case .new(let run) = try await begin(key) else {
                Issue.record("\(key) is not new")
                return
            }
            try await run.finish(
                IdempotentAnswer(
                    status: 201, fields: [.init("Location", "/x"), .init("A", "é")],
                    body: Array(answer.utf8)))
        }

        /// The body of the stored answer.
        func body(_ key: String) async throws -> String? {
            guard case .answered(let answer) = try await begin(key) else { return nil }
            return String(decoding: answer.body, as: UTF8.self)
        }
    }

    @Test func `a request that is sent again gets the stored answer`() async throws {
        let fixture = try Fixture()
        try await fixture.run("k\0é", answer: "a\0b")
        for _ in 0..<2 {
            guard case .answered(let answer) = try await fixture.begin("k\0é") else {
                Issue.record("there is no answer")
                return
            }
            #expect(answer.status == 201)
            #expect(answer.fields.map(\.name) == ["Location", "A"])
            #expect(answer.fields.map(\.value) == ["/x", "é"])
            #expect(answer.body == Array("a\0b".utf8))
            try fixture.restart()
        }
    }

    @Test func `keys are compared byte for byte, and apart for each subject`() async throws {
        let fixture = try Fixture()
        try await fixture.run("é")
        for (subject, key) in [("s", "e\u{301}"), ("s", "é\0"), ("other", "é")] {
            guard case .new = try await fixture.begin(key, subject: subject) else {
                Issue.record("\(subject) \(key) is another key")
                return
            }
        }
        for key in ["", String(repeating: "k", count: 1025)] {
            await #expect(throws: DirectoryError.self) { try await fixture.begin(key) }
        }
    }

    @Test func `a key with another body is reused, whether its request runs or has ended`()
        async throws
    {
        let fixture = try Fixture()
        guard case .new(let run) = try await fixture.begin("k") else {
            Issue.record("it is not new")
            return
        }
        guard case .reused = try await fixture.begin("k", digest: [2]) else {
            Issue.record("it runs with another body")
            return
        }
        guard case .running = try await fixture.begin("k") else {
            Issue.record("it runs")
            return
        }
        try await run.finish(IdempotentAnswer(status: 200, body: []))
        guard case .reused = try await fixture.begin("k", digest: [2]) else {
            Issue.record("it ended with another body")
            return
        }
        #expect(try await fixture.body("k") == "")
    }

    @Test func `a request that was abandoned, dropped, or cut off by a restart can be sent again`()
        async throws
    {
        let fixture = try Fixture()
        guard case .new(let first) = try await fixture.begin("k") else {
            Issue.record("it is not new")
            return
        }
        first.abandon()
        do {
            guard case .new(let dropped) = try await fixture.begin("k") else {
                Issue.record("it was abandoned")
                return
            }
            _ = dropped
        }
        guard case .new(let held) = try await fixture.begin("k") else {
            Issue.record("it was dropped")
            return
        }
        // Ended already: neither changes anything.
        first.abandon()
        try await first.finish(IdempotentAnswer(status: 200, body: []))
        guard case .running = try await fixture.begin("k") else {
            Issue.record("it runs")
            return
        }
        try fixture.restart()
        try await fixture.run("k")
        withExtendedLifetime(held) {}
        #expect(try await fixture.body("k") == "done")
    }

    @Test func `of requests at the same time one is carried out`() async throws {
        let fixture = try Fixture()
        let keys = fixture.keys
        let counts = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    let request = IdempotentRequest(subject: "s", key: "k", digest: [1])
                    guard case .new(let run) = try await keys.begin(request) else { return 0 }
                    try await run.finish(IdempotentAnswer(status: 200, body: []))
                    return 1
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(counts == 1)
    }

    @Test func `an answer expires`() async throws {
        let fixture = try Fixture(IdempotencyLimits(age: .seconds(60)))
        try await fixture.run("k", answer: "first")
        fixture.time.now.withLock { $0 += 59_000_000 }
        #expect(try await fixture.body("k") == "first")
        fixture.time.now.withLock { $0 += 1_000_000 }
        #expect(try await fixture.body("k") == nil)
        try await fixture.run("k", answer: "second")
        #expect(try await fixture.body("k") == "second")
        // The next answers delete what has expired.
        fixture.time.now.withLock { $0 += 60_000_000 }
        try await fixture.run("other")
        #expect(try await rows(fixture) == 1)
    }

    @Test func `answers are bounded in number and in bytes, and the oldest go first`()
        async throws
    {
        let fixture = try Fixture(IdempotencyLimits(answers: 10, bytes: 100_000))
        for number in 0..<30 { try await fixture.run("k\(number)") }
        #expect(try await rows(fixture) == 10)
        #expect(try await fixture.body("k19") == nil)
        #expect(try await fixture.body("k20") == "done")
        let long = String(repeating: "l", count: 30_000)
        for number in 0..<10 { try await fixture.run("l\(number)", answer: long) }
        #expect(try await rows(fixture) <= 4)
        #expect(try await fixture.body("l9") == long)
        let longest = String(repeating: "l", count: 200_000)
        try await fixture.run("longest", answer: longest)
        #expect(try await fixture.body("longest") == longest)
        #expect(try await rows(fixture) == 1)
    }

    private func rows(_ fixture: Fixture) async throws -> Int {
        try await fixture.store.read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM idempotent_answer") ?? 0
        }
    }
}
