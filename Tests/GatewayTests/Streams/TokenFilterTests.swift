import Authentication
import Events
import Foundation
import TestSupport
import Testing

@testable import Gateway

/// Whatever is asked for, nothing passes that the event filter of a token forbids, and nothing is missing
/// that both allow: on streams of every kind, from the past and live, and on pages of the event log.
///
/// `TOKEN_FILTER_SEED=N` repeats a run.
@Suite struct TokenFilterTests {
    /// The kinds of a filter.
    private struct Parts {
        var types: [EventType] = []
        var labels: [String] = []
        var cids: [String] = []

        /// The plain definition, over what is known of an event.
        func matches(_ story: String, _ label: String) -> Bool {
            let words = story.split(separator: " ").map(String.init)
            // Only what comes with a record has its labels.
            let own = ["RECORD_PUSHED", "RECORD_PULLED", "RECORD_PUBLISHED"].contains(words[0])
            return (types.isEmpty || types.contains { $0.shortName == words[0] })
                && (cids.isEmpty || cids.contains(words[1]))
                && (labels.isEmpty || own && labels.contains { label.contains($0) })
        }
    }

    private struct Model {
        var random: Seeded
        let skills = ["AI", "AI/vision", "speech", "sound"]
        let labelItems = ["/skills/AI", "AI", "vision", "/skills/", "speech", "s", "none", "ai"]
        var cids: [String] = []
        /// The label of each record.
        var labels: [String: String] = [:]

        mutating func parts(atLeastOne: Bool) -> Parts {
            var parts = Parts()
            repeat {
                if Bool.random(using: &random) {
                    parts.types = some(
                        [.recordPushed, .recordPulled, .recordDeleted, .recordPublished])
                }
                if Bool.random(using: &random) { parts.labels = some(labelItems) }
                if Int.random(in: 0..<3, using: &random) == 0 { parts.cids = some(cids) }
            } while atLeastOne && parts.types.isEmpty && parts.labels.isEmpty && parts.cids.isEmpty
            return parts
        }

        private mutating func some<T>(_ list: [T]) -> [T] {
            Array(list.shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random)))
        }
    }

    private func bearer(_ token: String) -> [String: String] {
        ["Authorization": "Bearer \(token)", "Content-Type": "application/json"]
    }

    private func entry(_ name: String, _ token: String, _ parts: Parts, scopes: String) -> String {
        var words = ["name=\(name)", "token=\(token)", "scopes=\(scopes)"]
        let lists = [
            ("types", parts.types.map(\.shortName)), ("labels", parts.labels), ("cids", parts.cids),
        ]
        for (name, items) in lists where !items.isEmpty {
            words.append("\(name)=\(items.joined(separator: "|"))")
        }
        return words.joined(separator: " ")
    }

    @Test func `nothing passes that a token forbids, whatever is asked for`() async throws {
        let environment = ProcessInfo.processInfo.environment
        let seed =
            environment["TOKEN_FILTER_SEED"].flatMap { UInt64($0) }
            ?? UInt64.random(in: 0..<1_000_000_000)
        print("token filters: TOKEN_FILTER_SEED=\(seed)")
        let note: Comment = "TOKEN_FILTER_SEED=\(seed)"
        var model = Model(random: Seeded(seed: seed))
        // The cids are known before the tokens are made.
        try await TestGateway.run { gateway in
            for number in 0..<8 {
                let skill = model.skills[number % model.skills.count]
                let cid = try await gateway.push("t\(number)", skill: skill)
                model.cids.append(cid)
                model.labels[cid] = "/skills/\(skill)"
            }
        }
        let owner = "the-token-of-the-owner-of-all"
        let all = Scope.allCases.map(\.name).joined(separator: "|")
        var tokens: [(text: String, parts: Parts)] = []
        var entries = [entry("owner", owner, Parts(), scopes: all)]
        for number in 0..<8 {
            let token = (
                text: "the-token-of-the-listener-\(number)", parts: model.parts(atLeastOne: true)
            )
            tokens.append(token)
            entries.append(entry("l\(number)", token.text, token.parts, scopes: "events:read"))
        }
        let published = PublishedEvents()
        let settings = [
            "auth.mode": "token", "auth.tokens": entries.joined(separator: ","),
            "events.history.max_events": "100000", "events.log_published_events": "true",
        ]
        try await TestGateway.run(settings, logger: published.logger) { gateway in
            try await operate(gateway, owner, &model, 60)
            let past = published.all
            var open: [(stream: StreamProbe, expected: (String) -> Bool, from: Int)] = []
            for number in 0..<30 {
                let kind = StreamKind.allCases[number % StreamKind.allCases.count]
                let token = try #require(tokens.randomElement(using: &model.random))
                let asked = number % 4 == 0 ? Parts() : model.parts(atLeastOne: false)
                var request = StreamRequest(
                    types: asked.types, labels: asked.labels, cids: asked.cids,
                    fields: ["Authorization": "Bearer \(token.text)"])
                var from = past.count
                switch number % 3 {
                case 0: break
                case 1:
                    request.since = "1h"
                    from = 0
                default:
                    from = Int.random(in: 1..<past.count, using: &model.random)
                    request.lastEventID = past[from - 1].id
                }
                let labels = model.labels
                let passes = { (story: String) in
                    let label = labels[String(story.split(separator: " ")[1])] ?? ""
                    return token.parts.matches(story, label) && asked.matches(story, label)
                }
                open.append((try await StreamProbe(gateway.address, kind, request), passes, from))
                let found = try await history(gateway, request, token.text)
                // Without a place a page begins with the oldest.
                let start = from == past.count ? 0 : from
                let wanted = past[start...].filter { passes($0.story) }
                #expect(found == wanted.prefix(1000).map(\.id), "\(request); \(note)")
            }
            try await operate(gateway, owner, &model, 40)
            let complete = published.all
            for (stream, passes, from) in open {
                let expected = complete[from...].filter { passes($0.story) }
                var found: [String] = []
                while found.count < expected.count {
                    let item = try await stream.next()
                    let story = try #require(item?.story, "\(String(describing: item)); \(note)")
                    #expect(passes(story), "\(stream.kind): \(story) is forbidden; \(note)")
                    found.append(item?.id ?? "")
                }
                #expect(found == expected.map(\.id), "\(stream.kind); \(note)")
            }
            // Nothing else was on them: a goodbye follows all that matches.
            async let end: Void = gateway.server.shutdown()
            for (stream, _, _) in open {
                #expect(try await stream.next() == .goodbye(reason: nil), "\(stream.kind); \(note)")
            }
            await end
        }
    }

    private func operate(
        _ gateway: TestGateway, _ owner: String, _ model: inout Model, _ count: Int
    ) async throws {
        for _ in 0..<count {
            let number = Int.random(in: 0..<8, using: &model.random)
            let cid = model.cids[number]
            let fields = bearer(owner)
            let skill = model.skills[number % model.skills.count]
            let push = {
                try await gateway.request(
                    "POST", "/push", fields: fields, body: record("t\(number)", skill: skill))
            }
            switch Int.random(in: 0..<5, using: &model.random) {
            case 0: _ = try await gateway.request("DELETE", "/records/\(cid)", fields: fields)
            case 1: _ = try await gateway.request("GET", "/records/\(cid)", fields: fields)
            case 2:
                _ = try await gateway.request(
                    "POST", "/publish", fields: fields, body: #"{"cids":["\#(cid)"]}"#)
            default: _ = try await push()
            }
        }
        // What was read before is published now.
        _ = try await gateway.request(
            "POST", "/push", fields: bearer(owner), body: record("t0", skill: model.skills[0]))
    }

    /// The ids of the event log that a token gets.
    private func history(
        _ gateway: TestGateway, _ request: StreamRequest, _ token: String
    ) async throws -> [String] {
        var target = request.target.replacing(
            "/events", with: "/events/history", maxReplacements: 1)
        target += (target.contains("?") ? "&" : "?") + "limit=1000"
        if let id = request.lastEventID { target += "&after=\(id)" }
        let page = try await gateway.request("GET", target, fields: bearer(token))
        #expect(page.status == 200, "\(page.text)")
        return (page.json["events"] as? [[String: Any]] ?? []).map { $0["id"] as? String ?? "" }
    }

    @Test(arguments: StreamKind.allCases)
    func `a stream ends with its token, and says why`(kind: StreamKind) async throws {
        let path = NSTemporaryDirectory() + "gateway-\(UUID().uuidString)"
        try await TestGateway.run(["auth.mode": "token", "data_dir": path]) { gateway in
            let tokens = try TokenAdministration(dataDirectory: path)
            defer { tokens.close() }
            for reason in ["expired", "revoked"] {
                var draft = TokenAdministration.Draft(subject: "agent", scopes: ["events:read"])
                if reason == "expired" { draft.expires = "3s" }
                let token = try tokens.create(draft, now: wallClock())
                let fields = ["Authorization": "Bearer \(token.token)"]
                var stream: StreamProbe?
                // The gateway notices a new token within a second.
                let deadline = ContinuousClock.now + .seconds(3)
                while stream == nil, ContinuousClock.now < deadline {
                    stream = try? await StreamProbe(gateway.address, kind, .init(fields: fields))
                }
                if reason == "revoked" { _ = try tokens.revoke(token.entry.id, now: wallClock()) }
                guard case .goodbye(let told?)? = try await stream?.next() else {
                    Issue.record("\(kind): the stream goes on, or ends without a reason")
                    return
                }
                #expect(told.contains(reason), "\(kind): \(told)")
                #expect(try await stream?.next() == nil)
            }
        }
    }
}
