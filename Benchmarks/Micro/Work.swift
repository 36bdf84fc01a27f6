internal import EventHub
internal import Events
internal import Frames
internal import HTTPServer
internal import Records
internal import Text

/// What can be measured: each makes its world and returns the work, which is told how often it was
/// done before.
enum Work {
    nonisolated(unsafe) static let all: [String: (Int) -> (Int) -> Void] = [
        "match-cid": matchCID, "match-label": matchLabel, "match-type": matchType,
        "match-distinct-label": matchDistinctLabel, "subscribe": subscribe, "deliver": deliver,
        "encode": encode,
        "parse-request": { _ in parseRequest }, "canonical-json": { _ in canonicalJSON },
        "read-record": { _ in readRecord },
    ]

    private static func cid(_ number: Int) -> String {
        let digits = String(number)
        return "bafkrei" + String(repeating: "a", count: 52 - digits.count) + digits
    }

    private static func event(_ resource: String, labels: [String] = []) -> Event {
        var ids = EventIDSequence()
        var random = SystemRandomNumberGenerator()
        let draft = EventDraft(.recordPushed, resource, labels: labels)
        return Event(draft, id: ids.next(now: 1, random: &random), timestamp: 1)
    }

    /// Each subscription follows another record; an event is of one of them, the first or the last.
    private static func matchCID(size: Int) -> (Int) -> Void {
        var index = SubscriptionIndex()
        for number in 0..<size { _ = index.insert(EventFilter(cids: [cid(number)])) }
        let events = [event(cid(0)), event(cid(size / 2)), event(cid(size - 1))]
        return { number in
            var found = 0
            index.match(events[number % 3]) { _ in found += 1 }
            precondition(found == 1)
        }
    }

    /// Subscriptions over 50 labels; an event has three labels, of which one is sought.
    private static func matchLabel(size: Int) -> (Int) -> Void {
        var index = SubscriptionIndex()
        for number in 0..<size {
            _ = index.insert(EventFilter(labels: ["/skills/group_\(number % 50)/"]))
        }
        let labels = ["/skills/group_7/text", "/domains/research", "/modules/runtime/language"]
        let event = event(cid(1), labels: labels)
        return { _ in
            var found = 0
            index.match(event) { _ in found += 1 }
            precondition(found == 1)
        }
    }

    /// Each subscription looks for another text in labels; an event has ten of them in its label.
    private static func matchDistinctLabel(size: Int) -> (Int) -> Void {
        var index = SubscriptionIndex()
        for number in 0..<size {
            _ = index.insert(EventFilter(labels: ["/group_\(number)/runtime"]))
        }
        let groups = (0..<10).map { "/group_\($0)/runtime" }
        let event = event(cid(1), labels: ["/skills" + groups.joined()])
        return { _ in
            var found = 0
            index.match(event) { _ in found += 1 }
            precondition(found == 10)
        }
    }

    /// Subscriptions over the types, one or two each.
    private static func matchType(size: Int) -> (Int) -> Void {
        var index = SubscriptionIndex()
        let types = EventType.allCases
        for number in 0..<size {
            let pair = [types[number % types.count], types[number / 10 % types.count]]
            _ = index.insert(EventFilter(types: pair))
        }
        let event = event(cid(1))
        return { _ in
            var found = 0
            index.match(event) { _ in found += 1 }
            precondition(found == types.count)
        }
    }

    /// One more comes and goes.
    private static func subscribe(size: Int) -> (Int) -> Void {
        var index = SubscriptionIndex()
        for number in 0..<size { _ = index.insert(EventFilter(cids: [cid(number)])) }
        let filter = EventFilter(cids: [cid(size)])
        return { _ in index.remove(index.insert(filter)) }
    }

    /// One event through the hub to all, with sockets that take everything.
    private static func deliver(size: Int) -> (Int) -> Void {
        let hub = Hub(policy: DeliveryPolicy()) { _, _ in }
        let sinks = (0..<size).map { number in
            let sink = Sink()
            let request = Subscriber.Request(
                id: number, filter: EventFilter(), encoding: .serverSentEvents,
                address: "127.0.0.1", since: 0)
            _ = hub.subscribe(request, sink: sink)
            return sink
        }
        let published = PublishedEvent(event(cid(1)), at: .zero)
        return { _ in
            hub.publish([published])
            while hub.continueFanOut(budget: 256) {}
            precondition(sinks[0].taken > 0)
        }
    }

    private static func encode(_: Int) -> (Int) -> Void {
        let event = event(
            cid(1), labels: ["/skills/natural_language_processing/text_completion"])
        return { _ in
            let published = PublishedEvent(event, at: .zero)
            precondition(published.frame(.serverSentEvents).count(.plain) > 0)
        }
    }

    private static func parseRequest(_: Int) {
        var parser = RequestParser(limits: HTTPLimits())
        parser.append(request)
        guard case .head? = try? parser.next() else { preconditionFailure() }
    }

    private static let request = Array(
        """
        GET /events?types=RECORD_PUSHED&labels=/skills/ HTTP/1.1\r
        Host: localhost:8080\r
        User-Agent: curl/8.5.0\r
        Accept: text/event-stream\r
        \r\n
        """.utf8)

    private static func canonicalJSON(_: Int) {
        guard let value = try? JSONParser.parse(record) else { preconditionFailure() }
        precondition(!CanonicalJSON.encode(value).isEmpty)
    }

    /// What a push does before it comes to the store: parse, validate, bring into canonical form,
    /// hash.
    private static func readRecord(_: Int) {
        guard let read = try? Record(json: record) else { preconditionFailure() }
        precondition(!read.cid.isEmpty)
    }

    private static let record = Array(
        """
        {"schema_version":"1.0.0","name":"bench/1","version":"v1","description":"a record of the
         benchmark","authors":["bench"],"created_at":"2025-10-18T14:23:15Z",
         "skills":[{"name":"natural_language_processing/text_completion"}]}
        """.replacing("\n ", with: " ").utf8)
}

/// A socket that takes everything.
private final class Sink: FrameSink {
    let framing = Frame.Framing.chunked
    unowned var owner: (any FrameSinkOwner)?
    let isClosed = false
    private(set) var taken = 0
    var bytesSent: Int { taken }

    func send(_ run: FrameRun) -> Int {
        taken += run.byteCount
        return run.byteCount
    }

    func finish() {}
    func abort() {}
    func inspectPeer(_ timeout: Duration) {}
}
