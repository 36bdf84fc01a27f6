import Events
import Foundation
import TestSupport
import Testing
import Text

@Suite struct EventTests {
    @Test func `JSON has the keys in the order of the contract`() {
        let event = event(labels: ["/skills/AI"], metadata: [.init("sync_id", "6ba7")])
        #expect(
            text(event) == """
                {"id":"\(event.id)","type":"EVENT_TYPE_RECORD_PUSHED",\
                "timestamp":"2025-10-18T14:23:15.123456Z","resource_id":"baearei",\
                "labels":["/skills/AI"],"metadata":{"sync_id":"6ba7"}}
                """)
    }

    @Test func `empty labels and metadata are left out`() {
        #expect(!text(event()).contains("labels"))
        #expect(!text(event()).contains("metadata"))
    }

    @Test func `no character can end a line, and every text comes back as it was`() throws {
        let scalars = (0..<0x2100).compactMap(Unicode.Scalar.init)
        let nasty = String(String.UnicodeScalarView(scalars)) + "👩‍🚀\u{10FFFF}é\u{E9}"
        let event = event(
            .syncFailed, nasty, labels: [nasty, "\r\n\nevent: forged\ndata: x\n\n"],
            metadata: [.init(nasty, nasty)])
        let json = text(event)
        let allowed = json.unicodeScalars.filter {
            $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) || $0.value == 0x2028
                || $0.value == 0x2029
        }
        #expect(allowed.isEmpty)
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(Array((object["resource_id"] as? String ?? "").utf8) == Array(nasty.utf8))
        #expect((object["labels"] as? [String])?.first?.utf8.elementsEqual(nasty.utf8) == true)
    }

    @Test(arguments: EventType.allCases)
    func `a type is read by its short and its long name, and by no other`(type: EventType) {
        #expect(EventType(name: type.shortName) == type)
        #expect(EventType(name: "EVENT_TYPE_" + type.shortName) == type)
        #expect(EventType(name: type.shortName.lowercased()) == nil)
        #expect(EventType(name: "EVENT_TYPE_EVENT_TYPE_" + type.shortName) == nil)
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000Z"), (-1, "1969-12-31T23:59:59.999999Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
        (4_107_542_399_000_001, "2100-02-28T23:59:59.000001Z"),
        (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
        (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
    ])
    func `a time is written by RFC 3339`(microseconds: Int64, text: String) {
        #expect(Timestamp.format(microseconds) == text)
    }
}

@Suite struct EventIDTests {
    @Test func `ids rise strictly, also within a millisecond and when the clock steps back`() {
        var ids = EventIDSequence()
        var random = SystemRandomNumberGenerator()
        var last = ids.next(now: 1000, random: &random)
        for step in 1...20_000 {
            let now: Int64 = step == 10_000 ? -5 : step < 10_000 ? 1_000_000 : 500_000
            let next = ids.next(now: now, random: &random)
            #expect(last < next)
            #expect(last.description < next.description)
            last = next
        }
    }

    @Test func `an id is a UUID of version 7 that carries the time`() throws {
        var ids = EventIDSequence()
        var random = SystemRandomNumberGenerator()
        let id = ids.next(now: 1_760_797_395_123_456, random: &random).description
        #expect(UUID(uuidString: id) != nil)
        #expect(id.hasPrefix(String(1_760_797_395_123, radix: 16).leftPadded(12).dashed))
        let parts = id.split(separator: "-")
        #expect(parts[2].first == "7")
        #expect("89ab".contains(parts[3].first ?? "x"))
    }
}

extension String {
    fileprivate func leftPadded(_ width: Int) -> String {
        String(repeating: "0", count: width - count) + self
    }
    fileprivate var dashed: String { prefix(8) + "-" + dropFirst(8) }
}

@Suite struct EventJSONTests {
    @Test func `an event is read as it was written`() throws {
        for (labels, metadata) in [([], []), (["/skills/a\u{301}", "\"\\\u{2028}"], [("k", "v")])] {
            let event = event(
                labels: labels, metadata: metadata.map { Event.Metadatum($0.0, $0.1) })
            #expect(Event(json: event.json()) == event)
        }
    }

    @Test(arguments: ["", "{}", "[]", #"{"id":"x","type":"EVENT_TYPE_RECORD_PUSHED"}"#])
    func `what is no event is not read`(json: String) {
        #expect(Event(json: Array(json.utf8)) == nil)
    }
}

@Suite struct EventFilterTests {
    let pushed = event(labels: ["/skills/AI/ML", "/domains/research"])

    @Test(arguments: [
        (EventFilter(), true),
        (EventFilter(types: [.recordPushed]), true),
        (EventFilter(types: [.recordPulled, .recordPushed]), true),
        (EventFilter(types: [.recordPulled]), false),
        (EventFilter(labels: ["/skills/AI"]), true),
        (EventFilter(labels: ["AI"]), true),
        (EventFilter(labels: ["/skills/ai"]), false),
        (EventFilter(labels: ["/nope", "research"]), true),
        (EventFilter(cids: ["baearei"]), true),
        (EventFilter(cids: ["baeare"]), false),
        (EventFilter(cids: ["x", "baearei"]), true),
        (EventFilter(types: [.recordPushed], labels: ["AI"], cids: ["baearei"]), true),
        (EventFilter(types: [.recordPulled], labels: ["AI"], cids: ["baearei"]), false),
        (EventFilter(types: [.recordPushed], labels: ["no"], cids: ["baearei"]), false),
        (EventFilter(types: [.recordPushed], labels: ["AI"], cids: ["no"]), false),
    ])
    func `AND between the kinds, OR inside a kind`(filter: EventFilter, passes: Bool) {
        #expect(filter.matches(pushed) == passes)
    }

    @Test func `an event without labels never passes a label filter`() {
        #expect(!EventFilter(labels: ["a"]).matches(event(labels: [])))
        #expect(!EventFilter(labels: [""]).matches(event(labels: [])))
    }

    @Test func `labels are compared by bytes, not by what they look like`() {
        let composed = event(labels: ["/skills/\u{E9}"])
        #expect(EventFilter(labels: ["\u{E9}"]).matches(composed))
        #expect(!EventFilter(labels: ["e\u{301}"]).matches(composed))
        #expect(EventFilter(labels: ["\u{E9}"]) != EventFilter(labels: ["e\u{301}"]))
    }

    @Test func `a part of a label is found wherever it stands`() {
        for needle in ["a", "ab", "aab", "abab", "bb", "abc", "cab", "", "aabaab"] {
            for text in ["", "a", "aab", "ababab", "aaab", "aabaaab", "aabaabaab", "xcabx", "bbb"] {
                #expect(
                    ByteSearch(needle).occurs(in: text) == (needle.isEmpty || text.contains(needle))
                )
            }
        }
    }

    @Test func `a query is read with blanks, empty items and repetition`() throws {
        let filter = try EventFilter(
            types: [" RECORD_PUSHED ,,EVENT_TYPE_SYNC_FAILED", "RECORD_PUSHED"],
            labels: ["b , a", "", "b"], cids: [], limit: 10)
        #expect(
            filter
                == EventFilter(types: [.recordPushed, .syncFailed], labels: ["a", "b"], cids: []))
    }

    @Test func `an unknown type and too many items are refused`() {
        #expect(throws: EventFilterError.unknownType("RECORD_PUSHD")) {
            try EventFilter(types: ["RECORD_PUSHD"], labels: [], cids: [], limit: 10)
        }
        #expect(throws: EventFilterError.tooManyItems(limit: 2)) {
            try EventFilter(types: [], labels: ["a,b,c"], cids: [], limit: 2)
        }
    }

    @Test(arguments: [
        ("label", "labels"), ("type", "types"), ("lables", "labels"), ("cid", "cids"),
    ])
    func `a mistyped name is recognised`(typed: String, meant: String) {
        #expect(nearest(to: typed, in: ["types", "labels", "cids"]) == meant)
        #expect(nearest(to: "something else", in: ["types", "labels", "cids"]) == nil)
    }
}
