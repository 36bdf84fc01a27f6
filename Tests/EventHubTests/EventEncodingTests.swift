import EventHub
import Events
import TestSupport
import Testing

/// An event as a reader understood it.
private func line(_ event: ServerSentEvent) -> String {
    "\(event.id)|\(event.type)|\(event.text)"
}

@Suite struct EventEncodingTests {
    private func payload(_ frame: [UInt8]) -> String { String(decoding: frame, as: UTF8.self) }

    @Test func `a server-sent event is id, event, one line of data and an empty line`() {
        let event = event()
        let frame = EventEncoding.serverSentEvents.frame(event, json: event.json())
        #expect(
            payload(frame.bytes(.plain))
                == "id: \(event.id)\nevent: RECORD_PUSHED\ndata: \(text(event))\n\n")
    }

    @Test func `NDJSON is the same object on a line`() {
        let event = event()
        let frame = EventEncoding.ndjson.frame(event, json: event.json())
        #expect(payload(frame.bytes(.plain)) == text(event) + "\n")
    }

    @Test func `a frame carries its chunk header and trailer`() {
        let frame = EventEncoding.ndjson.dropped(17)
        #expect(payload(frame.bytes(.plain)) == "{\"dropped\":17}\n")
        #expect(payload(frame.bytes(.chunked)) == "f\r\n{\"dropped\":17}\n\r\n")
    }

    @Test func `frames of the gateway have lower-case names and no id`() {
        let sse = EventEncoding.serverSentEvents
        #expect(payload(sse.opening(retry: 3000)) == "retry: 3000\n: connected\n\n")
        #expect(payload(sse.heartbeat.bytes(.plain)) == ":\n")
        #expect(
            payload(sse.dropped(17).bytes(.plain)) == "event: dropped\ndata: {\"dropped\":17}\n\n")
        #expect(
            payload(sse.goodbye(retry: 4000).bytes(.plain))
                == "retry: 4000\nevent: goodbye\ndata: {\"retry\":4000}\n\n")
        #expect(
            payload(EventEncoding.retryLater(retry: 5000, reason: "full\n\nid: 1"))
                == "retry: 5000\nevent: retry-later\ndata: {\"reason\":\"full\\n\\nid: 1\",\"retry\":5000}\n\n"
        )
    }

    @Test func `what the gateway encodes is read back as it was`() throws {
        var ids = EventIDSequence()
        var random = SystemRandomNumberGenerator()
        var decoder = EventStreamDecoder()
        var bytes = EventEncoding.serverSentEvents.opening(retry: 1500)
        var sent: [String] = []
        for (index, type) in EventType.allCases.enumerated() {
            let event = Event(
                EventDraft(type, "r\(index)\n\u{2028}\r", labels: ["/skills/a\u{85}b"]),
                id: ids.next(now: 1, random: &random), timestamp: 1)
            let json = event.json()
            bytes += EventEncoding.serverSentEvents.frame(event, json: json).bytes(.plain)
            sent.append("\(event.id)|\(type.shortName)|\(String(decoding: json, as: UTF8.self))")
        }
        #expect(try decoder.decode(bytes).map(line) == sent)
        #expect(decoder.retry == 1500)
    }
}
