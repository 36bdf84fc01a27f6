import Events
import Foundation
import TestSupport
import Testing

private let history = ["events.history.max_events": "100000", "loops": "2"]

/// Streams that begin in the past, in each protocol and format.
@Suite struct ResumeOnStreamsTests {
    @Test(arguments: StreamKind.allCases)
    func `a stream goes on after the last event that the client had`(kind: StreamKind) async throws
    {
        try await TestGateway.run(history) { gateway in
            let first = try await StreamProbe(gateway.address, kind)
            try await gateway.push("known")
            let id = try #require(try await first.next()?.id)
            var stories: [String] = []
            for number in 0..<5 {
                stories.append("RECORD_PUSHED \(try await gateway.push("missed \(number)"))")
            }
            let again = try await StreamProbe(gateway.address, kind, .init(lastEventID: id))
            #expect(try await again.stories(5) == stories)
            let live = try await gateway.push("live")
            #expect(try await again.stories(1) == ["RECORD_PUSHED \(live)"])
            // The id decides where both are given, as for a browser that comes back.
            let both = try await StreamProbe(
                gateway.address, kind, .init(lastEventID: id, since: "1h"))
            #expect(try await both.stories(5) == stories)
        }
    }

    @Test(arguments: StreamKind.allCases)
    func `a stream begins at a time, with its filter`(kind: StreamKind) async throws {
        try await TestGateway.run(history) { gateway in
            let cids = [
                try await gateway.push("a", skill: "x"), try await gateway.push("b", skill: "y"),
                try await gateway.push("c", skill: "x"),
            ]
            for since in ["1h", "2147483647d", "1970-01-01T00:00:00Z"] {
                let stream = try await StreamProbe(
                    gateway.address, kind, .init(labels: ["/skills/x"], since: since))
                #expect(
                    try await stream.stories(2)
                        == [cids[0], cids[2]].map { "RECORD_PUSHED \($0)" }, "\(since)")
            }
        }
    }

    @Test(arguments: StreamKind.allCases)
    func `a client learns that what it missed is not known`(kind: StreamKind) async throws {
        let version4 = "0199f5a3-7c1e-4b52-9d1a-3f6f1c0e8a41"
        try await TestGateway.run { gateway in
            let off = try await StreamProbe(gateway.address, kind, .init(lastEventID: version4))
            #expect(try await off.next() == .reset(cause: "history-off", oldestID: nil))
            let live = try await gateway.push("live")
            #expect(try await off.stories(1) == ["RECORD_PUSHED \(live)"])
        }
        try await TestGateway.run(history) { gateway in
            let first = try await StreamProbe(gateway.address, kind)
            try await gateway.push("a")
            let oldest = try #require(try await first.next()?.id)
            let unknown = try await StreamProbe(
                gateway.address, kind, .init(lastEventID: version4))
            #expect(try await unknown.next() == .reset(cause: "unknown-id", oldestID: oldest))
            let live = try await gateway.push("live")
            #expect(try await unknown.stories(1) == ["RECORD_PUSHED \(live)"])
        }
    }

    @Test(arguments: StreamKind.allCases)
    func `a client learns that what it missed was evicted`(kind: StreamKind) async throws {
        try await TestGateway.run(["events.history.max_events": "5"]) { gateway in
            let first = try await StreamProbe(gateway.address, kind)
            try await gateway.push("the first")
            let id = try #require(try await first.next()?.id)
            try await gateway.push(count: 200)
            // Eviction runs in the background.
            var oldest: String?
            while oldest == nil || oldest == id {
                let page = try await gateway.request("GET", "/events/history?limit=1")
                oldest = (page.json["events"] as? [[String: Any]])?.first?["id"] as? String
            }
            let again = try await StreamProbe(gateway.address, kind, .init(lastEventID: id))
            guard case .reset("evicted", let told?) = try await again.next() else {
                Issue.record("no reset")
                return
            }
            #expect(told >= id)
        }
    }

    @Test func `a client of gRPC that did not ask for notices gets events only`() async throws {
        try await TestGateway.run { gateway in
            let stream = try await StreamProbe(
                gateway.address, .grpc,
                .init(lastEventID: "0199f5a3-7c1e-4b52-9d1a-3f6f1c0e8a41", wantsNotices: false))
            let live = try await gateway.push("live")
            #expect(try await stream.stories(1) == ["RECORD_PUSHED \(live)"])
        }
    }

    @Test(arguments: StreamKind.allCases)
    func `nothing is lost or doubled where the past ends`(kind: StreamKind) async throws {
        try await TestGateway.run(history) { gateway in
            try await gateway.push(count: 300)
            async let pushed: Void = gateway.push(count: 700, named: "s")
            let stream = try await StreamProbe(
                gateway.address, kind, .init(types: [.recordPushed], since: "1h"))
            var ids: [String] = []
            while ids.count < 1000 { ids.append(try #require(try await stream.next()?.id)) }
            try await pushed
            #expect(Set(ids).count == 1000, "no event comes twice")
            #expect(ids == ids.sorted(), "in their order")
            let last = try await gateway.push("the last")
            #expect(try await stream.stories(1) == ["RECORD_PUSHED \(last)"])
        }
    }

    static let wrong: [(StreamRequest, String)] = [
        (StreamRequest(since: "yesterday"), "since"), (StreamRequest(since: ""), "since"),
        (StreamRequest(since: "-5m"), "since"), (StreamRequest(since: "2147483648d"), "since"),
        (StreamRequest(since: "1.5h"), "since"), (StreamRequest(since: "10"), "since"),
        (StreamRequest(since: "2026-02-30T00:00:00Z"), "since"),
        (StreamRequest(since: "2999-01-01T00:00:00Z"), "future"),
        (StreamRequest(lastEventID: "hello"), "last-event-id"),
        (StreamRequest(lastEventID: "0199f5a3-7c1e-4b52-9d1a-3f6f1c0e8a4"), "last-event-id"),
        (StreamRequest(lastEventID: "0199f5a3-7c1e-4b52-9d1a-3f6f1c0e8a41z"), "last-event-id"),
    ]

    @Test(arguments: StreamKind.allCases)
    func `what is asked for wrongly is refused, with the name of the field`(
        kind: StreamKind
    ) async throws {
        try await TestGateway.run(history) { gateway in
            for (request, name) in Self.wrong {
                do {
                    let stream = try await StreamProbe(gateway.address, kind, request)
                    // A field of HTTP that is no id must not keep a browser away for ever.
                    #expect(kind != .grpc && request.lastEventID != nil, "\(request)")
                    let item = try await stream.next()
                    #expect(item == .reset(cause: "unknown-id", oldestID: nil))
                } catch let refusal as StreamRefusal {
                    #expect(refusal.status == (kind == .grpc ? 3 : 400))
                    #expect(refusal.text.contains(name), "\(refusal)")
                }
            }
        }
    }

    @Test func `what is asked of history wrongly is refused, with the name of the parameter`()
        async throws
    {
        try await TestGateway.run(history) { gateway in
            try await gateway.push("a")
            for (query, name) in [
                ("after=x", "after"), ("after=-1", "after"), ("after=", "after"),
                ("after=99999999999999999999", "after"), ("since=soon", "since"),
                ("since=2999-01-01T00:00:00Z", "since"), ("limit=0", "limit"),
                ("limit=1001", "limit"), ("limit=x", "limit"), ("since=1h&since=2h", "since"),
                ("after=0&since=soon", "since"),
                ("types=NONE", "NONE"), ("last_event_id=x", "last_event_id"),
            ] {
                let answer = try await gateway.request("GET", "/events/history?\(query)")
                #expect(answer.status == 400, "\(query)")
                #expect(answer.text.contains(name), "\(answer.text)")
            }
            let all = try await gateway.request("GET", "/events/history?since=2147483647d")
            #expect((all.json["events"] as? [Any])?.count == 1)
            // A place that is not there yet has nothing after it.
            let beyond = try await gateway.request("GET", "/events/history?after=1000000")
            #expect((beyond.json["events"] as? [Any])?.isEmpty == true)
        }
    }
}

/// Subscribers that read too slowly, with an event log.
@Suite struct CatchingUpTests {
    /// About 60 KiB an event, so that a few fill the buffers of the system.
    private func bulky(_ name: String) -> String {
        let long = String(repeating: "x", count: 1990)
        return record(name, skills: (0..<30).map { "\(long)\($0)" })
    }

    /// What a stream that is read after 80 large events were published has on it.
    private func read(_ kind: StreamKind, _ settings: [String: String]) async throws -> (
        events: Int, dropped: Int, isOrdered: Bool
    ) {
        var settings = settings
        settings["events.subscriber_buffer_size"] = "3"
        settings["loops"] = "1"
        var (ids, dropped): ([String], Int) = ([], 0)
        try await TestGateway.run(settings) { gateway in
            let slow = try await StreamProbe(gateway.address, kind, .init(isNarrow: true))
            for number in 0..<80 {
                #expect(try await gateway.post("/push", bulky("r\(number)")).status == 201)
            }
            while ids.count + dropped < 80 {
                let item = try #require(try await slow.next())
                if let id = item.id { ids.append(id) }
                if case .dropped(let count) = item { dropped += count }
            }
            let cid = try await gateway.push("after")
            #expect(try await slow.stories(1) == ["RECORD_PUSHED \(cid)"])
        }
        return (ids.count, dropped, ids == Set(ids).sorted())
    }

    @Test(arguments: StreamKind.allCases)
    func `with an event log a slow subscriber gets everything`(kind: StreamKind) async throws {
        let found = try await read(kind, ["events.history.max_events": "1000"])
        #expect(found == (80, 0, true))
    }

    @Test(arguments: StreamKind.allCases)
    func `events are dropped where the settings say so, and the number is told`(
        kind: StreamKind
    ) async throws {
        let found = try await read(
            kind, ["events.history.max_events": "1000", "events.on_overflow": "drop"])
        #expect(found.dropped > 0 && found.events + found.dropped == 80 && found.isOrdered)
    }

    @Test(arguments: StreamKind.allCases)
    func `a slow subscriber gets all up to the goodbye`(kind: StreamKind) async throws {
        for _ in 0..<4 {
            try await TestGateway.run { gateway in
                let slow = try await StreamProbe(gateway.address, kind, .init(isNarrow: true))
                var stories: [String] = []
                for number in 0..<8 {
                    let answer = try await gateway.post("/push", bulky("r\(number)"))
                    stories.append("RECORD_PUSHED \(answer.json["cid"] as? String ?? "")")
                }
                async let end: Void = gateway.server.shutdown()
                #expect(try await slow.stories(8) == stories)
                #expect(try await slow.next() == .goodbye(reason: nil))
                #expect(try await slow.next() == nil)
                await end
            }
        }
    }

    @Test(arguments: StreamKind.allCases)
    func `what was evicted meanwhile is told as dropped`(kind: StreamKind) async throws {
        let found = try await read(kind, ["events.history.max_events": "5"])
        #expect(found.events + found.dropped == 80 && found.isOrdered)
    }
}
