import Dispatch
import EventHub
import Events
import Synchronization
import Testing

/// A hub's inlet as a test wants it.
private final class Inlet: HubInlet {
    let hasRoomNow = Mutex(true)
    let isStalled: Bool
    let lost = Mutex(0)
    let questions = Mutex(0)
    let calmAfter: Int
    private let receive: @Sendable ([PublishedEvent]) -> Void

    init(
        isStalled: Bool = false, calmAfter: Int = 0,
        _ receive: @escaping @Sendable ([PublishedEvent]) -> Void = { _ in }
    ) {
        self.isStalled = isStalled
        self.calmAfter = calmAfter
        self.receive = receive
    }

    var hasRoom: Bool { hasRoomNow.withLock { $0 } }
    var subscriberCount: Int { 1 }
    func post(_ events: [PublishedEvent]) { receive(events) }
    func recordDrops(_ count: Int) { lost.withLock { $0 += count } }
    func postReset(_ reset: EventLogReset) {}

    func isUnderPressure() async -> Bool {
        questions.withLock { questions in
            questions += 1
            return questions <= calmAfter
        }
    }
}

/// Events of these resources, with ids that rise.
private func events(_ resources: [String]) -> [Event] {
    var ids = EventIDSequence()
    var random = SystemRandomNumberGenerator()
    return resources.map {
        Event(
            EventDraft(.recordPushed, $0), id: ids.next(now: 5_000_000, random: &random),
            timestamp: 5_000_000)
    }
}

@Suite struct PublisherTests {
    private func publisher(_ backplane: any Backplane) -> EventPublisher {
        EventPublisher(backplane: backplane, monotonic: { .seconds(1) })
    }

    @Test func `every hub gets every event once and in one order, from all publishers`() {
        let backplane = LocalBackplane()
        backplane.start()
        let hubs = Mutex([[EventID]](repeating: [], count: 4))
        for hub in 0..<4 {
            backplane.connect(
                Inlet { published in hubs.withLock { $0[hub] += published.map(\.event.id) } })
        }
        let publisher = publisher(backplane)
        DispatchQueue.concurrentPerform(iterations: 8) { worker in
            for number in 0..<250 {
                publisher.publish(events(["\(worker)-\(number)"]))
            }
        }
        let received = hubs.withLock { $0 }
        #expect(received[0].count == 2000)
        #expect(received.allSatisfy { $0 == received[0] })
        #expect(publisher.count(of: .recordPushed) == 2000)
    }

    @Test func `what is published together reaches the hubs together, a long list in pieces`() {
        let backplane = LocalBackplane()
        backplane.start()
        let bursts = Mutex<[[String]]>([])
        backplane.connect(
            Inlet { events in bursts.withLock { $0.append(events.map(\.event.resourceID)) } })
        let names = (0..<300).map(String.init)
        publisher(backplane).publish(events(names))
        let received = bursts.withLock { $0 }
        #expect(received.map(\.count) == [128, 128, 44])
        #expect(received.flatMap(\.self) == names)
    }

    @Test func `a hub without room is notified of the drops, and the others get the events`() {
        let backplane = LocalBackplane()
        backplane.start()
        let received = Mutex(0)
        let (full, open) = (Inlet(), Inlet { events in received.withLock { $0 += events.count } })
        full.hasRoomNow.withLock { $0 = false }
        backplane.connect(full)
        backplane.connect(open)
        publisher(backplane).publish(events((0..<300).map(String.init)))
        #expect(full.lost.withLock { $0 } == 300)
        #expect(received.withLock { $0 } == 300)
    }

    @Test func `publishing waits until there is room, but not for a stalled loop`() {
        let backplane = LocalBackplane(roomTime: .seconds(60))
        backplane.start()
        let stalled = Inlet(isStalled: true)
        stalled.hasRoomNow.withLock { $0 = false }
        backplane.connect(stalled)
        publisher(backplane).waitForRoom()  // does not wait at all
        let behind = Inlet()
        behind.hasRoomNow.withLock { $0 = false }
        backplane.connect(behind)
        let hasRoom = Mutex(false)
        DispatchQueue.global().async {
            hasRoom.withLock { $0 = true }
            behind.hasRoomNow.withLock { $0 = true }
        }
        publisher(backplane).waitForRoom()
        #expect(hasRoom.withLock { $0 }, "it waited for the room")
    }

    @Test func `a bulk operation waits for readers, and not for a stalled loop`() async {
        let backplane = LocalBackplane(bufferSize: 100, paceTime: .seconds(60))
        backplane.start()
        let (busy, stalled) = (Inlet(calmAfter: 3), Inlet(isStalled: true, calmAfter: .max))
        backplane.connect(busy)
        backplane.connect(stalled)
        await publisher(backplane).pace()
        #expect(busy.questions.withLock { $0 } == 4)
        #expect(stalled.questions.withLock { $0 } == 0)
        #expect(backplane.burst == 50, "half of a buffer")
    }

    @Test func `an event is encoded once for all subscribers that share an encoding`() {
        let published = Mutex<PublishedEvent?>(nil)
        let backplane = LocalBackplane()
        backplane.start()
        backplane.connect(Inlet { events in published.withLock { $0 = events.first } })
        publisher(backplane).publish(events(["x"]))
        let event = published.withLock { $0 }
        #expect(event?.frame(.ndjson) === event?.frame(.ndjson))
        #expect(event?.frame(.ndjson) !== event?.frame(.serverSentEvents))
    }
}
