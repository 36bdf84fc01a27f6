import EventHub
import Events
import Frames
import Testing

/// A stream that keeps its lines, and takes nothing while it has no room.
private final class LineSink: FrameSink {
    let framing = Frame.Framing.plain
    unowned var owner: (any FrameSinkOwner)?
    let isClosed = false
    var bytesSent = 0
    var hasRoom = true
    private var bytes: [UInt8] = []

    func send(_ run: FrameRun) -> Int {
        guard hasRoom else { return 0 }
        bytes += run.frames.flatMap { $0.bytes(.plain) }
        return run.byteCount
    }

    func finish() {}
    func abort() {}
    func inspectPeer(_ timeout: Duration) {}

    /// The resource ids and the reports of drops, in order.
    var story: [String] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { line in
            let words = line.split(separator: "\"").map(String.init)
            guard let mark = words.firstIndex(of: "resource_id") else { return String(line) }
            return words[mark + 2]
        }
    }
}

/// Subscribers that read the past, and where it ends.
@Suite struct PastTests {
    private let hub = Hub(policy: DeliveryPolicy()) { _, _ in }
    private let sink = LineSink()
    private let subscriber: Subscriber

    init() {
        subscriber = hub.subscribe(
            Subscriber.Request(
                id: 1, filter: .all, encoding: .ndjson, address: "127.0.0.1", since: 0), sink: sink)
    }

    private func event(_ position: Int64) throws -> Event {
        let digits = "\(100_000_000_000 + position)"
        let id = try #require(EventID("0199f5a3-7c1e-7b52-9d1a-\(digits)"))
        return Event(EventDraft(.recordPushed, "e\(position)"), id: id, timestamp: 0)
    }

    private func publish(_ positions: Int64...) throws {
        hub.publish(
            try positions.map {
                PublishedEvent(try event($0), at: .zero, place: EventPlace(after: $0))
            })
        while hub.continueFanOut(budget: 10) {}
    }

    private func logged(_ positions: Int64...) throws -> [LoggedEvent] {
        try positions.map { LoggedEvent(try event($0), at: EventPlace(after: $0)) }
    }

    @Test func `what is held and what was read come once`() throws {
        hub.beginPast(subscriber) {}
        try publish(1)
        hub.sendPast(subscriber, try logged(1), missed: 0)
        hub.holdLive(subscriber)
        try publish(2, 3)
        hub.sendPast(subscriber, try logged(2), missed: 0)
        #expect(hub.endPast(subscriber, at: EventPlace(after: 2)))
        try publish(4)
        #expect(sink.story == ["e1", "e2", "e3", "e4"])
    }

    @Test func `an event that is read from the log before it is published comes once`() throws {
        hub.beginPast(subscriber) {}
        hub.holdLive(subscriber)
        hub.sendPast(subscriber, try logged(1, 2), missed: 0)
        #expect(hub.endPast(subscriber, at: EventPlace(after: 2)))
        // They were committed when the page was read, and are published only now.
        try publish(1)
        try publish(2, 3)
        try publish(4)
        #expect(sink.story == ["e1", "e2", "e3", "e4"])
        #expect(subscriber.delivered == 4)
    }

    @Test func `those who read the same past get it, each in its format`() throws {
        let (other, events) = (LineSink(), LineSink())
        func join(_ id: Int, _ encoding: EventEncoding, _ sink: LineSink) -> Subscriber {
            hub.subscribe(
                Subscriber.Request(
                    id: id, filter: .all, encoding: encoding, address: "127.0.0.1", since: 0),
                sink: sink)
        }
        let readers = [
            subscriber, join(2, .ndjson, other), join(3, .serverSentEvents, events),
        ]
        for reader in readers { hub.beginPast(reader) {} }
        // Places far apart, among them some that differ by powers of two.
        let pages: [[Int64]] = [[1, 2, 3], [1025, 1026], [1, 2049, 4097, 1 << 33 + 1]]
        for page in pages {
            for reader in readers {
                let read = try page.map { LoggedEvent(try event($0), at: EventPlace(after: $0)) }
                hub.sendPast(reader, read, missed: 0)
            }
        }
        hub.forgetPastFrames()
        let story = pages.joined().map { "e\($0)" }
        #expect(sink.story == story && other.story == story)
        #expect(events.story.filter { $0.hasPrefix("e") && $0 != "event: RECORD_PUSHED" } == story)
        #expect(events.story.count { $0.hasPrefix("id: ") } == story.count)
    }

    @Test func `what was evicted is told also when there is no room for it at first`() throws {
        hub.beginPast(subscriber) {}
        sink.hasRoom = false
        hub.sendPast(subscriber, [], missed: 7)
        #expect(sink.story == [])
        sink.hasRoom = true
        subscriber.sinkIsWritable()
        hub.sendPast(subscriber, try logged(8), missed: 0)
        #expect(sink.story == [#"{"dropped":7}"#, "e8"])
    }
}
