import Events
import Testing
import Text

/// A stream, and what a reader of it must understand (field by field from WHATWG HTML §9.2.6).
struct StreamVector: Sendable, CustomTestStringConvertible {
    let name: String
    let stream: [UInt8]
    /// `id|type|data` of each event.
    let events: [String]
    var retry: Int?

    init(_ name: String, _ stream: String, _ events: [String], retry: Int? = nil) {
        self.init(name, bytes: Array(stream.utf8), events, retry: retry)
    }

    init(_ name: String, bytes: [UInt8], _ events: [String], retry: Int? = nil) {
        (self.name, stream, self.events, self.retry) = (name, bytes, events, retry)
    }

    var testDescription: String { name }

    static let all = [
        StreamVector("line feeds", "data: a\n\ndata: b\n\n", ["|message|a", "|message|b"]),
        StreamVector("carriage returns", "data: a\r\rdata: b\r\r", ["|message|a", "|message|b"]),
        StreamVector("both", "data: a\r\n\r\ndata: b\r\n\r\n", ["|message|a", "|message|b"]),
        StreamVector(
            "mixed ends", "data: a\r\n\ndata: b\n\rdata: c\r\r\n",
            ["|message|a", "|message|b", "|message|c"]),
        StreamVector("byte order mark", "\u{FEFF}data: a\n\n", ["|message|a"]),
        StreamVector(
            "a second mark is a name", "\u{FEFF}\u{FEFF}data: a\n\ndata: b\n\n", ["|message|b"]),
        StreamVector("a mark later is data", "data: \u{FEFF}a\n\n", ["|message|\u{FEFF}a"]),
        StreamVector(
            "no mark alone", bytes: [0xEF, 0xBB] + Array("data: a\n\ndata: b\n\n".utf8),
            ["|message|b"]),
        StreamVector("lines put together", "data: a\ndata: b\n\n", ["|message|a\nb"]),
        StreamVector("empty data", "data\n\ndata:\n\n", ["|message|", "|message|"]),
        StreamVector("two empty lines of data", "data\ndata\n\n", ["|message|\n"]),
        StreamVector("empty line before data", "data:\ndata: a\n\n", ["|message|\na"]),
        StreamVector("one blank only", "data:  a\ndata:b\ndata: \n\n", ["|message| a\nb\n"]),
        StreamVector("tab is no blank", "data:\ta\n\n", ["|message|\ta"]),
        StreamVector("comments", ": a\ndata: b\n:c\n:\n\n:\n\n", ["|message|b"]),
        StreamVector("type", "event: x\ndata: a\n\ndata: b\n\n", ["|x|a", "|message|b"]),
        StreamVector("type without data", "event: x\n\ndata: b\n\n", ["|message|b"]),
        StreamVector(
            "the last type counts", "event: x\nevent: y\ndata: a\nevent:\n\n", ["|message|a"]),
        StreamVector("id stays", "id: 1\ndata: a\n\ndata: b\n\n", ["1|message|a", "1|message|b"]),
        StreamVector("id without data", "id: 1\n\ndata: b\n\n", ["1|message|b"]),
        StreamVector(
            "id is reset", "id: 1\ndata: a\n\nid\ndata: b\n\n", ["1|message|a", "|message|b"]),
        StreamVector(
            "id with NUL", "id: 1\ndata: a\n\nid: 2\u{0}\ndata: b\n\n",
            ["1|message|a", "1|message|b"]),
        StreamVector(
            "other names", "Data: x\ndata : x\n data: x\nfoo: x\nfoo\ndata: a\n\n", ["|message|a"]),
        StreamVector("colons in data", "data: a: b:c\n\n", ["|message|a: b:c"]),
        StreamVector("cut at the end", "data: a\n\ndata: b\n", ["|message|a"]),
        StreamVector(
            "separators are data", "data: a\u{2028}b\u{2029}c\u{85}d\u{0B}e\u{0C}f\u{1C}g\n\n",
            ["|message|a\u{2028}b\u{2029}c\u{85}d\u{0B}e\u{0C}f\u{1C}g"]),
        StreamVector("characters of many bytes", "data: é漢🚀👩‍🚀\nevent: ü\n\n", ["|ü|é漢🚀👩‍🚀"]),
        StreamVector(
            "what is no UTF-8", bytes: Array("data: a".utf8) + [0xFF, 0xC0] + Array("b\n\n".utf8),
            ["|message|a\u{FFFD}\u{FFFD}b"]),
        StreamVector("NUL in data", "data: a\u{0}b\n\n", ["|message|a\u{0}b"]),
        StreamVector("retry", "retry: 3000\n: connected\n\n", [], retry: 3000),
        StreamVector(
            "retry that is none",
            "retry: 10\nretry: 1x\nretry:\nretry: -1\nretry: 1.5\nretry: 99999999999999999999\n\n",
            [], retry: 10),
        StreamVector("nothing", "\n\n\n\r\r", []),
    ]
}

@Suite struct EventStreamDecoderTests {
    private func text(_ event: ServerSentEvent) -> String {
        "\(event.id)|\(event.type)|\(event.text)"
    }

    @Test(
        "a stream is read by the rules, whole, byte by byte, and cut anywhere",
        arguments: StreamVector.all)
    func vectors(_ vector: StreamVector) throws {
        for cut in 0...vector.stream.count {
            var decoder = EventStreamDecoder()
            var events = try decoder.decode(Array(vector.stream[..<cut]))
            events += try decoder.decode(Array(vector.stream[cut...]))
            #expect(events.map(text) == vector.events, "cut at \(cut)")
            #expect(decoder.retry == vector.retry)
        }
        var decoder = EventStreamDecoder()
        let events = try vector.stream.flatMap { try decoder.decode([$0]) }
        #expect(events.map(text) == vector.events)
    }

    @Test func `an event longer than the limit is refused, however it comes`() throws {
        var decoder = EventStreamDecoder(limit: 100)
        #expect(
            try decoder.decode(Array("data: \(String(repeating: "x", count: 90))\n\n".utf8)).count
                == 1)
        #expect(throws: EventStreamDecoder.TooLong.self) {
            for _ in 0..<20 { _ = try decoder.decode(Array("data: 12345\n".utf8)) }
        }
        var other = EventStreamDecoder(limit: 100)
        #expect(throws: EventStreamDecoder.TooLong.self) {
            for _ in 0..<200 { _ = try other.decode([0x78]) }
        }
    }

    @Test(
        "times are read as they are written",
        arguments: [
            ("2025-10-18T14:23:15.123456Z", 1_760_797_395_123_456), ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T00:00:00.5Z", 500_000),
            ("2000-02-29T23:59:59.999999Z", 951_868_799_999_999),
            ("1969-12-31T23:59:59.999999Z", -1),
            ("2025-10-18T14:23:15.123456789Z", 1_760_797_395_123_456),
            ("9999-12-31T00:00:00Z", 253_402_214_400_000_000),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
            ("2025-10-18T16:23:15.5+02:00", 1_760_797_395_500_000),
            ("2025-10-18T09:53:15-04:30", 1_760_797_395_000_000),
            ("2025-10-18t14:23:15-00:00", 1_760_797_395_000_000),
            ("2025-10-18T14:23:15.1234567890123z", 1_760_797_395_123_456),
        ] as [(String, Int64)])
    func times(_ text: String, _ micros: Int64) {
        #expect(Timestamp.parse(text) == micros)
    }

    @Test(
        "what is no time is not read",
        arguments: [
            "", "2025-10-18", "2025-10-18T14:23:15", "2025-13-18T14:23:15Z",
            "2025-10-18T14:23:15+0000", "2025-10-18T14:23:15+24:00", "2025-10-18T14:23:15+02:60",
            "2025-10-18T14:23:15+02:", "2025-10-18T14:23:15+02:0x", "2025-10-18T14:23:15ZZ",
            "2025-10-18T14:23:15.5", "2025-10-18T14:23:15*02:00", "0000-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "2025-10-18T14:23:15.Z", "2025-10-18 14:23:15Z", "2025-10-18T24:23:15Z",
            "x025-10-18T14:23:15Z", "2025-02-30T00:00:00Z", "2100-02-29T00:00:00Z",
            "2025-04-31T00:00:00Z", "9999-12-31T23:59:60Z",
        ])
    func noTimes(_ text: String) { #expect(Timestamp.parse(text) == nil) }

    @Test func `ids and times come back as they were`() {
        var ids = EventIDSequence()
        var random = SystemRandomNumberGenerator()
        for step in 0..<2000 {
            let time = Int64(step) * 987_654_321_987 - 1_000_000
            #expect(Timestamp.parse(Timestamp.format(time)) == time)
            let id = ids.next(now: time, random: &random)
            #expect(EventID(id.description) == id)
            #expect(EventID(id.description.uppercased()) == id)
        }
        for text in [
            "", "0199f5a3", "0199f5a3-7c1e-7b52-9d1a-3f6f1c0e8a4",
            "0199f5a37c1e7b529d1a3f6f1c0e8a41", "0199f5a3-7c1e-7b52-9d1a-3f6f1c0e8a41a",
            "0199f5a3-7c1e-7b52-9d1a-3f6f1c0e8axy",
        ] {
            #expect(EventID(text) == nil)
        }
    }
}
