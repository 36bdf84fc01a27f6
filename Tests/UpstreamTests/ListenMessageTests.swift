import Events
import Testing
import Upstream

/// Parts of protobuf's wire format, as a hostile upstream may send them.
private func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    var length = bytes.count
    var prefix: [UInt8] = [number << 3 | 2]
    while length >= 0x80 {
        prefix.append(UInt8(length & 0x7F | 0x80))
        length >>= 7
    }
    return prefix + [UInt8(length)] + bytes
}

private func field(_ number: UInt8, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }

private func number(_ field: UInt8, _ value: UInt64) -> [UInt8] {
    var rest = value
    var bytes: [UInt8] = [field << 3]
    while rest >= 0x80 {
        bytes.append(UInt8(rest & 0x7F | 0x80))
        rest >>= 7
    }
    return bytes + [UInt8(rest)]
}

private let id = "0f8fad5b-d9cb-469f-a165-70867728950e"

/// The message of an event; what is nil is left out.
private func message(
    id: String? = id, type: UInt64 = 1, time: [UInt8]? = number(1, 1_760_000_000) + number(2, 5999),
    resource: String? = "r", labels: [String] = [], metadata: [(String, String)] = []
) -> [UInt8] {
    var event: [UInt8] = []
    if let id { event += field(1, id) }
    event += number(2, type)
    if let time { event += field(3, time) }
    if let resource { event += field(4, resource) }
    for label in labels { event += field(5, label) }
    for (key, value) in metadata { event += field(7, field(1, key) + field(2, value)) }
    return field(1, event)
}

@Suite struct ListenMessageTests {
    @Test func `an event keeps its id, its time and the order of its metadata`() throws {
        let read = ListenMessage.read(
            message(
                type: 8, labels: ["/skills/b", "/skills/a"], metadata: [("z", "1"), ("a", "2")]))
        let expected = Event(
            id: try #require(EventID(id)), type: .syncFailed, timestamp: 1_760_000_000_000_005,
            resourceID: "r", labels: ["/skills/b", "/skills/a"],
            metadata: [.init("z", "1"), .init("a", "2")])
        #expect(read == .event(expected))
    }

    @Test func `a notice of a gateway is no event`() {
        func notice(_ key: String, _ value: String) -> ListenMessage {
            .read(message(id: nil, type: 0, time: nil, resource: nil, metadata: [(key, value)]))
        }
        #expect(notice("dropped", "17") == .dropped(17))
        #expect(notice("dropped", "99999999999999999999") == .dropped(1))
        #expect(notice("dropped", "-5") == .dropped(1))
        #expect(notice("reset", "upstream-lost") == .reset)
        #expect(notice("other", "x") == .refused("an event of the unknown type 0"))
    }

    // A loop, not arguments: the megabytes of some would be printed by each run.
    @Test func `what is no event is refused with a reason`() {
        let messages: [[UInt8]] = [
            [], [0xFF], field(1, [0x0A, 0xFF]), field(2, "x"),
            message(type: 11), message(type: .max), message(id: nil), message(id: "no uuid"),
            message(resource: nil), message(time: nil),
            message(time: number(1, 1 << 63)), message(time: number(1, 1 << 62)),
            message(time: number(1, 1) + number(2, 1_000_000_000)),
            message(labels: [String(repeating: "l", count: 300_000)]),
            message(resource: String(repeating: "r", count: 70_000)),
            message(metadata: (0..<20_000).map { ("k\($0)", "") }),
            field(1, field(4, [0xC3, 0x28])),
        ]
        for (number, message) in messages.enumerated() {
            guard case .refused(let reason) = ListenMessage.read(message) else {
                Issue.record("message \(number) was accepted")
                continue
            }
            #expect(!reason.isEmpty, "message \(number)")
        }
    }

    @Test func `an id is remembered until enough others have come`() throws {
        func id(_ number: Int) throws -> EventID {
            try #require(EventID("0f8fad5b-d9cb-469f-a165-00000000000\(number)"))
        }
        var recent = RecentIDs(limit: 3)
        for number in 1...3 { #expect(recent.insert(try id(number))) }
        #expect(!recent.insert(try id(1)))
        #expect(recent.insert(try id(4)))
        #expect(recent.insert(try id(1)), "it was the oldest")
        #expect(!recent.insert(try id(4)))
    }
}
