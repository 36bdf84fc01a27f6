import EventHub
import Events
import Frames
import Testing

/// A hub with its streams, driven by hand.
private final class Bench {
    let hub: Hub
    var slow: [(Int, Int)] = []
    private var ids = EventIDSequence()
    private var random = SystemRandomNumberGenerator()
    private var lastID = 0

    init(bufferSize: Int = 100) {
        var log: (Int, Int) -> Void = { _, _ in }
        hub = Hub(policy: DeliveryPolicy(bufferSize: bufferSize)) { log($0.request.id, $1) }
        log = { [unowned self] in slow.append(($0, $1)) }
    }

    func subscribe(
        _ stream: FakeStream, _ filter: EventFilter = .all, encoding: EventEncoding = .ndjson
    ) -> Subscriber {
        lastID += 1
        return hub.subscribe(
            Subscriber.Request(
                id: lastID, filter: filter, encoding: encoding,
                address: "127.0.0.1", since: 0), sink: stream)
    }

    func published(
        _ resource: String, _ type: EventType = .recordPushed, labels: [String] = []
    ) -> PublishedEvent {
        let id = ids.next(now: 0, random: &random)
        return PublishedEvent(
            Event(EventDraft(type, resource, labels: labels), id: id, timestamp: 0), at: .zero)
    }

    /// Publishes one burst and completes its fan-out.
    func publish(_ resources: String...) {
        hub.publish(resources.map { published($0) })
        while hub.continueFanOut(budget: 10) {}
    }
}

@Suite struct HubTests {
    private let bench = Bench(bufferSize: 3)

    @Test func `every subscriber gets what matches, in the order of publication`() {
        let (all, some) = (FakeStream(), FakeStream())
        _ = bench.subscribe(all)
        _ = bench.subscribe(some, EventFilter(cids: ["b", "d"]))
        bench.publish("a", "b", "c")
        bench.publish("d")
        #expect(all.story == ["a", "b", "c", "d"])
        #expect(some.story == ["b", "d"])
        #expect(bench.hub.delivered == 6)
    }

    @Test func `a burst leaves in one write`() {
        let stream = FakeStream()
        _ = bench.subscribe(stream)
        bench.publish("a", "b", "c", "d", "e")
        #expect(stream.calls == 1)
        #expect(stream.story == ["a", "b", "c", "d", "e"])
    }

    @Test func `a full queue drops the newest event, and reports it before the next one`() {
        let stream = FakeStream()
        let subscriber = bench.subscribe(stream)
        stream.room = 0
        for name in ["a", "b", "c", "d", "e"] { bench.publish(name) }
        #expect(subscriber.queued == 3)
        #expect(subscriber.dropped == 2)
        #expect(bench.hub.dropped == 2)
        stream.room = Int.max
        subscriber.sinkIsWritable()
        #expect(stream.story == ["a", "b", "c", "{\"dropped\":2}"])
        bench.publish("f")
        #expect(stream.story.last == "f")
        #expect(subscriber.delivered == 4)
    }

    @Test func `drops at different positions are reported separately, each at its position`() {
        let stream = FakeStream()
        let subscriber = bench.subscribe(stream)
        bench.publish("0")
        let frame = stream.bytes.count
        stream.room = 0
        for name in ["a", "b", "c", "d"] { bench.publish(name) }  // d is dropped
        stream.room = frame  // room for a only
        subscriber.sinkIsWritable()
        bench.publish("e")  // is queued after the report
        bench.publish("f")  // is dropped
        stream.room = Int.max
        subscriber.sinkIsWritable()
        #expect(
            stream.story == ["0", "a", "b", "c", "{\"dropped\":1}", "e", "{\"dropped\":1}"])
    }

    @Test func `no frame is ever cut short, wherever the kernel stops`() {
        for room in 1..<400 {
            let bench = Bench(bufferSize: 100)
            let stream = FakeStream()
            let subscriber = bench.subscribe(stream)
            stream.room = room
            bench.publish("a", "b")
            bench.publish("c")
            bench.hub.heartbeatTick()
            while subscriber.isBehind {
                stream.room = 7
                subscriber.sinkIsWritable()
            }
            #expect(stream.story == ["a", "b", "c"], "with room for \(room) bytes")
        }
    }

    @Test func `a slow subscriber is logged once a burst, with the count`() {
        let stream = FakeStream()
        let subscriber = bench.subscribe(stream)
        for _ in 1...2 {
            stream.room = 0
            for name in ["a", "b", "c", "d", "e", "f"] { bench.publish(name) }
            for _ in 0..<Hub.ticksPerInterval { bench.hub.heartbeatTick() }
            bench.publish("g")
            for _ in 0..<Hub.ticksPerInterval { bench.hub.heartbeatTick() }
            stream.room = Int.max
            subscriber.sinkIsWritable()
        }
        #expect(bench.slow.map(\.1) == [4, 4])
    }

    @Test func `a subscriber that stops reading does not delay the others`() {
        let stalled = FakeStream()
        _ = bench.subscribe(stalled)
        stalled.room = 0
        let others = (0..<50).map { _ in FakeStream() }
        for stream in others { _ = bench.subscribe(stream) }
        for number in 0..<20 { bench.publish("\(number)") }
        #expect(others.allSatisfy { $0.story == (0..<20).map(String.init) })
    }

    @Test func `a client that subscribes during a fan-out gets what is published after it, once`() {
        let early = (0..<30).map { _ in FakeStream() }
        for stream in early { _ = bench.subscribe(stream) }
        bench.hub.publish([bench.published("before")])
        #expect(bench.hub.continueFanOut(budget: 10))
        bench.hub.publish([bench.published("waiting")])
        let late = FakeStream()
        _ = bench.subscribe(late)
        while bench.hub.continueFanOut(budget: 10) {}
        bench.publish("after")
        #expect(late.story == ["after"])
        #expect(early.allSatisfy { $0.story == ["before", "waiting", "after"] })
    }

    @Test func `a fan-out that was begun in small steps can be ended in one`() {
        let streams = (0..<30).map { _ in FakeStream() }
        for stream in streams { _ = bench.subscribe(stream) }
        bench.hub.publish([bench.published("a")])
        #expect(bench.hub.continueFanOut(budget: 1))
        while bench.hub.continueFanOut(budget: .max) {}
        #expect(streams.allSatisfy { $0.story == ["a"] })
    }

    @Test func `a client that leaves during a fan-out gets nothing more, and no other is skipped`()
    {
        let streams = (0..<30).map { _ in FakeStream() }
        let subscribers = streams.map { bench.subscribe($0) }
        bench.hub.publish([bench.published("a")])
        _ = bench.hub.continueFanOut(budget: 10)
        for index in [0, 5, 15, 25] { bench.hub.remove(subscribers[index]) }
        while bench.hub.continueFanOut(budget: 10) {}
        for (index, stream) in streams.enumerated() {
            let isLate = index == 15 || index == 25
            #expect(stream.story == (isLate ? [] : ["a"]), "subscriber \(index)")
        }
        #expect(bench.hub.count == 26)
    }

    @Test func `an idle stream gets a heartbeat once an interval, and a busy stream gets none`() {
        let (silent, busy) = (FakeStream(), FakeStream())
        _ = bench.subscribe(silent, EventFilter(cids: ["y"]), encoding: .serverSentEvents)
        _ = bench.subscribe(busy, EventFilter(cids: ["x"]), encoding: .serverSentEvents)
        for _ in 0..<(Hub.ticksPerInterval * 10) {
            bench.hub.heartbeatTick()
            bench.publish("x")
        }
        #expect(!String(decoding: busy.bytes, as: UTF8.self).contains("\n:\n"))
        // Checked four times an interval, so each silence is between three quarters of it and one.
        let heartbeats = silent.lines
        #expect(heartbeats.allSatisfy { $0 == ":" })
        #expect(
            (10...13).contains(heartbeats.count), "\(heartbeats.count) heartbeats in ten intervals")
    }

    @Test func `a filter's work is bounded in each turn, however many labels there are`() {
        let stream = FakeStream()
        _ = bench.subscribe(stream, EventFilter(labels: ["aaaaaaaab"]))
        let labels = (0..<2000).map { _ in String(repeating: "a", count: 100) }
        let events = (0..<10).map { bench.published("\($0)", labels: labels) }
        bench.hub.publish(events + [bench.published("hit", labels: ["xaaaaaaaab"])])
        _ = bench.hub.continueFanOut(budget: 1)
        #expect(bench.hub.waitingCount == 10, "one such event fills a turn")
        while bench.hub.continueFanOut(budget: 1) {}
        #expect(stream.story == ["hit"])
    }

    @Test func `only subscribers that keep reading hold a bulk operation back`() {
        var now = Duration.zero
        let clock: @Sendable () -> Duration = { Duration.seconds(1) }
        let hub = Hub(policy: DeliveryPolicy(bufferSize: 4, now: clock)) { _, _ in }
        let stream = FakeStream()
        let subscriber = hub.subscribe(
            Subscriber.Request(
                id: 1, filter: .all, encoding: .ndjson, address: "", since: 0),
            sink: stream)
        func publish(_ count: Int) {
            hub.publish((0..<count).map { bench.published("\($0)") })
            while hub.continueFanOut(budget: 10) {}
        }
        now = clock()
        publish(1)
        let frame = stream.bytes.count
        stream.room = 0
        publish(4)
        #expect(hub.isUnderPressure(at: now), "until now it has read")
        #expect(!hub.isUnderPressure(at: now + .seconds(1)), "it has stopped to read")
        stream.room = frame
        subscriber.sinkIsWritable()
        #expect(subscriber.queued == 3)
        #expect(hub.isUnderPressure(at: now), "it reads, and more than half waits")
        stream.room = frame
        subscriber.sinkIsWritable()
        #expect(!hub.isUnderPressure(at: now), "half of the buffer is free")
        publish(2)
        #expect(hub.isUnderPressure(at: now))
        #expect(!hub.isUnderPressure(at: now + .seconds(1)), "it has stopped to read")
    }

    @Test func `a subscriber that stays after many have left gets its events, once and in order`() {
        let streams = (0..<300).map { _ in FakeStream() }
        let subscribers = streams.map { bench.subscribe($0) }
        bench.publish("a")
        for (index, subscriber) in subscribers.enumerated() where index % 100 != 7 {
            bench.hub.remove(subscriber)
        }
        let late = FakeStream()
        _ = bench.subscribe(late)
        bench.publish("b")
        // A turn that visits four subscribers has visited all: free slots are not visited.
        bench.hub.publish([bench.published("c")])
        #expect(!bench.hub.continueFanOut(budget: 20))
        for index in [7, 107, 207] { #expect(streams[index].story == ["a", "b", "c"]) }
        #expect(late.story == ["b", "c"])
        bench.hub.remove(subscribers[107])
        bench.publish("d")
        #expect(streams[207].story.last == "d")
        #expect(streams[107].story.last == "c")
    }

    @Test func `drops before the hub are reported to every subscriber before the next event`() {
        let streams = [FakeStream(), FakeStream()]
        for stream in streams { _ = bench.subscribe(stream) }
        bench.publish("a")
        bench.hub.recordDrops(7)
        bench.publish("b")
        for stream in streams { #expect(stream.story == ["a", "{\"dropped\":7}", "b"]) }
        #expect(bench.hub.dropped == 14)
    }

    @Test func `no silence is longer than an interval and heartbeats are spread`() {
        let streams = (0..<64).map { _ in FakeStream() }
        for stream in streams { _ = bench.subscribe(stream, encoding: .serverSentEvents) }
        bench.publish("a")
        var last = streams.map { (bytes: $0.bytes.count, tick: 0) }
        var inOneTick: [Int] = []
        for tick in 1...(Hub.ticksPerInterval * 5) {
            bench.hub.heartbeatTick()
            var heartbeats = 0
            for (index, stream) in streams.enumerated() where stream.bytes.count > last[index].bytes
            {
                heartbeats += 1
                last[index] = (stream.bytes.count, tick)
            }
            inOneTick.append(heartbeats)
            #expect(last.allSatisfy { tick - $0.tick <= Hub.ticksPerInterval })
        }
        #expect(inOneTick.max() ?? 0 <= 8)
        #expect(inOneTick.reduce(0, +) >= 64 * 4)
        #expect(inOneTick.reduce(0, +) <= 64 * 7)
    }

    @Test func `drops are reported before the goodbye`() {
        let stream = FakeStream()
        let subscriber = bench.subscribe(stream)
        stream.room = 0
        for name in ["a", "b", "c", "d"] { bench.publish(name) }
        bench.hub.endAll { $0.request.encoding.goodbye(retry: 1) }
        stream.room = Int.max
        subscriber.sinkIsWritable()
        #expect(stream.lines.suffix(2) == ["{\"dropped\":1}", "{\"goodbye\":{\"retry\":1}}"])
    }

    @Test func `a few very large events do not fill the memory`() {
        let bench = Bench(bufferSize: 100)
        let stream = FakeStream()
        let subscriber = bench.subscribe(stream)
        stream.room = 0
        for _ in 0..<20 { bench.publish(String(repeating: "x", count: 1 << 20)) }
        #expect((2...4).contains(subscriber.queued))
        #expect(subscriber.dropped == 20 - subscriber.queued)
    }

    @Test func `a burst of any size is sent in order, and its times are returned at its end`() {
        let stream = FakeStream()
        _ = bench.subscribe(stream)
        let names = (0..<1000).map(String.init)
        bench.hub.publish(names.map { bench.published($0) })
        var turns = 0
        while bench.hub.continueFanOut(budget: 10) { turns += 1 }
        #expect(turns >= 7)
        #expect(stream.story == names)
        #expect(bench.hub.takeCompleted().count == 1000)
        #expect(bench.hub.takeCompleted().isEmpty)
    }

    @Test func `goodbye follows all that waits, and then the stream ends`() {
        let (fast, slow) = (FakeStream(), FakeStream())
        _ = bench.subscribe(fast)
        let behind = bench.subscribe(slow)
        slow.room = 0
        bench.publish("a")
        bench.hub.endAll { $0.request.encoding.goodbye(retry: 1) }
        #expect(fast.isFinished)
        #expect(!slow.isFinished)
        slow.room = Int.max
        behind.sinkIsWritable()
        #expect(slow.isFinished)
        #expect(slow.lines.last == "{\"goodbye\":{\"retry\":1}}")
        #expect(slow.story.first == "a")
    }
}
