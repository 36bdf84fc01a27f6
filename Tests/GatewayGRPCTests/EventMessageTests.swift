import DirectoryMessages
import EventHub
import Events
import GatewayGRPC
import TestSupport
import Testing

@Suite struct EventMessageTests {
    private func read(_ bytes: [UInt8]) throws -> Agntcy_Dir_Events_V1_Event {
        var buffer = MessageBuffer(limit: 1 << 20)
        buffer.append(bytes)
        let message = try #require(try buffer.next())
        #expect(buffer.isEmpty)
        return try Agntcy_Dir_Events_V1_ListenResponse(serializedBytes: message).event
    }

    @Test func `an event arrives with all its members`() throws {
        let labels = ["/skills/AI", "", "é", String(repeating: "x", count: 300)]
        let sent = event(
            .syncCompleted, "id", labels: labels,
            metadata: [.init("remote_url", "http://a"), .init("record_count", "5")])
        let found = try read(EventEncoding.grpc.frame(sent, json: []).bytes(.plain))
        #expect(found.id == sent.id.description)
        #expect(found.type == .syncCompleted)
        #expect(found.resourceID == "id")
        #expect(found.labels == labels)
        #expect(found.metadata == ["remote_url": "http://a", "record_count": "5"])
        #expect(found.timestamp.seconds == 1_760_797_395)
        #expect(found.timestamp.nanos == 123_456_000)
    }

    @Test func `every type has the number of its message`() throws {
        for type in EventType.allCases {
            let found = try read(EventEncoding.grpc.frame(event(type), json: []).bytes(.plain))
            #expect(found.type.rawValue == type.rawValue)
        }
    }

    @Test func `a time before 1970 counts its nanoseconds forwards`() throws {
        let sent = Event(event().draft, id: event().id, timestamp: -1)
        let found = try read(EventEncoding.grpc.frame(sent, json: []).bytes(.plain))
        #expect(found.timestamp.seconds == -1)
        #expect(found.timestamp.nanos == 999_999_000)
    }

    @Test func `a notice says how many events were dropped, to who asked for it`() throws {
        let notice = try read(EventEncoding.grpcWithNotices.dropped(17).bytes(.plain))
        #expect(notice.type == .unspecified)
        #expect(notice.metadata == ["dropped": "17"])
        #expect(EventEncoding.grpc.dropped(17).count(.plain) == 0)
    }

    @Test func `both encodings share the frame of an event`() {
        let published = PublishedEvent(event(), at: .zero)
        #expect(published.frame(.grpc) === published.frame(.grpcWithNotices))
    }
}
