import Dispatch
import EventHub
import Events
import Synchronization
import Testing

@Suite struct PublisherTests {
    private func publisher(_ backplane: any Backplane) -> EventPublisher {
        EventPublisher(
            backplane: backplane, clock: .init(wall: { 5_000_000 }, monotonic: { .seconds(1) }))
    }

    @Test func `every hub gets every event once and in one order, whoever publishes`() {
        let backplane = LocalBackplane()
        let hubs = Mutex([[EventID]](repeating: [], count: 4))
        for hub in 0..<4 {
            backplane.connect { published in hubs.withLock { $0[hub] += published.map(\.event.id) }
            }
        }
        let publisher = publisher(backplane)
        DispatchQueue.concurrentPerform(iterations: 8) { worker in
            for number in 0..<250 {
                publisher.emit([EventDraft(.recordPushed, "\(worker)-\(number)")])
            }
        }
        let received = hubs.withLock { $0 }
        #expect(received[0].count == 2000)
        #expect(received.allSatisfy { $0 == received[0] })
        #expect(received[0] == received[0].sorted())
        #expect(publisher.count(of: .recordPushed) == 2000)
    }

    @Test func `what is published together reaches the hubs together, a long list in pieces`() {
        let backplane = LocalBackplane()
        let bursts = Mutex<[[String]]>([])
        backplane.connect { events in
            bursts.withLock { $0.append(events.map(\.event.resourceID)) }
        }
        let names = (0..<300).map(String.init)
        publisher(backplane).emit(names.map { EventDraft(.recordPulled, $0) })
        let received = bursts.withLock { $0 }
        #expect(received.map(\.count) == [128, 128, 44])
        #expect(received.flatMap(\.self) == names)
    }

    @Test func `an event is encoded once for all who share an encoding`() {
        let published = Mutex<PublishedEvent?>(nil)
        let backplane = LocalBackplane()
        backplane.connect { events in published.withLock { $0 = events.first } }
        publisher(backplane).emit([EventDraft(.recordPulled, "x")])
        let event = published.withLock { $0 }
        #expect(event?.frame(.ndjson) === event?.frame(.ndjson))
        #expect(event?.frame(.ndjson) !== event?.frame(.serverSentEvents))
    }
}
