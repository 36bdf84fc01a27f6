import EventHub
import Events
import Frames
import TestSupport
import Testing

extension FakeStream {
    /// The lengths of the messages of gRPC so far.
    var lengths: [Int] {
        var lengths: [Int] = []
        var rest = bytes[...]
        while rest.count >= 5 {
            let length = rest.dropFirst().prefix(4).reduce(0) { $0 << 8 | Int($1) }
            lengths.append(length)
            rest = rest.dropFirst(5 + length)
        }
        return rest.isEmpty ? lengths : lengths + [-1]
    }
}

@Suite struct MessageStreamTests {
    private let hub = Hub(policy: DeliveryPolicy(bufferSize: 3)) { _, _ in }

    private func subscribe(_ call: FakeStream, _ encoding: EventEncoding) {
        hub.subscribe(
            Subscriber.Request(
                id: 1, filter: .all, encoding: encoding, address: "127.0.0.1", since: 0),
            sink: call)
    }

    private func publish(_ count: Int) {
        hub.publish((0..<count).map { _ in PublishedEvent(event(), at: .zero) })
        while hub.continueFanOut(budget: .max) {}
    }

    @Test func `a silent stream gets pings and no bytes`() {
        let call = FakeStream()
        subscribe(call, .grpc)
        for _ in 0..<(2 * Hub.ticksPerInterval) { hub.heartbeatTick() }
        #expect(call.pings >= 2)
        #expect(call.bytes.isEmpty)
    }

    @Test(arguments: [EventEncoding.grpc, .grpcWithNotices])
    func `drops are told to who asked for it`(encoding: EventEncoding) {
        let call = FakeStream()
        subscribe(call, encoding)
        publish(1)
        let length = call.lengths[0]
        call.room = 10
        publish(8)
        #expect(hub.dropped == 5)
        call.room = .max
        call.owner?.sinkIsWritable()
        publish(1)
        // One, the one of which a part was sent, two that waited; then the notice, then the last.
        let notice = encoding == .grpc ? [] : [16]
        #expect(call.lengths == [length, length, length, length] + notice + [length])
        #expect(hub.delivered == 5)
    }

    @Test func `a stream ends after what waits for it, without a last frame`() {
        let call = FakeStream()
        subscribe(call, .grpc)
        call.room = 0
        publish(2)
        hub.endAll { $0.request.encoding.goodbye(retry: 1000) }
        #expect(!call.isFinished)
        call.room = .max
        call.owner?.sinkIsWritable()
        #expect(call.lengths.count == 2)
        #expect(call.isFinished)
    }

    @Test func `a stream at rest ends at once`() {
        let call = FakeStream()
        subscribe(call, .grpc)
        hub.endAll { $0.request.encoding.goodbye(retry: 1000) }
        #expect(call.isFinished)
        #expect(call.bytes.isEmpty)
    }
}
