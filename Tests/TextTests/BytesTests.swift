import Testing
import Text

/// One character that is 120 KB long: half of its marks belong below the letter, half above, and
/// putting them in order costs the square of their number.
private let hostile =
    "a" + String(repeating: "\u{0301}", count: 30_000)
    + String(repeating: "\u{0327}", count: 30_000)

@Suite struct BytesTests {
    @Test func `two spellings of one character are two texts`() {
        let (composed, decomposed) = ("\u{E9}", "e\u{301}")
        #expect(composed == decomposed, "String takes them for the same")
        #expect(!composed.hasBytes(of: decomposed))
        #expect(ExactString(composed) != ExactString(decomposed))
        #expect(Set([ExactString(composed), ExactString(decomposed)]).count == 2)
        #expect(!["x", composed].contains(bytesOf: decomposed))
    }

    @Test func `an ASCII mark is found whatever follows it`() {
        #expect("a,\u{301}b".split(on: UInt8(ascii: ",")) == ["a", "\u{301}b"])
        #expect("*\u{301}".hasBytePrefix("*"))
        #expect(",a,,b,".split(on: UInt8(ascii: ",")) == ["a", "b"])
        #expect(",a,".fields(on: UInt8(ascii: ",")) == ["", "a", ""])
        #expect("a=b=c".fields(on: UInt8(ascii: "="), limit: 1) == ["a", "b=c"])
    }

    @Test func `case is folded by ASCII rules only`() {
        #expect("ChunKED".equalsIgnoringASCIICase("chunked"))
        #expect(!"chun\u{212A}ed".equalsIgnoringASCIICase("chunked"), "the Kelvin sign is no K")
        #expect("AZ\u{212A}\u{C4}".lowercasedASCII == "az\u{212A}\u{C4}")
    }

    @Test func `lengths are code points`() {
        #expect("e\u{301}\u{302}".codePointCount == 3)
        #expect(hostile.count == 1)
        #expect(hostile.codePointCount == 60_001)
    }

    @Test func `what is clipped stays text`() {
        #expect("abc".clipped(to: 3) == "abc")
        #expect("abcd".clipped(to: 3) == "abc…")
        for length in 0...8 {
            #expect(!"a\u{E9}\u{20AC}\u{1F600}x".clipped(to: length).contains("\u{FFFD}"))
        }
    }

    @Test func `spaces are trimmed at both ends`() {
        #expect(" \t a b\r\n".trimmedASCII == "a b")
        #expect("   ".trimmedASCII == "")
        #expect("".trimmedASCII == "")
    }

    /// The work of these is proportional to the bytes; of `String`'s own it is minutes.
    @Test func `a character of sixty thousand marks costs nothing special`() {
        let other = hostile + "b"
        var texts: Set<ExactString> = []
        for _ in 0..<100 {
            texts.insert(ExactString(hostile))
            texts.insert(ExactString(other))
            _ = hostile.hasBytes(of: other)
            _ = other.split(on: UInt8(ascii: ","))
            _ = hostile.lowercasedASCII
            _ = hostile.trimmedASCII
            _ = nearest(to: hostile, in: ["cids", "labels"])
        }
        #expect(texts.count == 2)
    }

    @Test func `the nearest name is found, and long ones are near nothing`() {
        #expect(nearest(to: "label", in: ["types", "labels"]) == "labels")
        #expect(nearest(to: "TYPES", in: ["types", "labels"]) == "types")
        #expect(nearest(to: "zzzz", in: ["types", "labels"]) == nil)
        #expect(nearest(to: String(repeating: "types", count: 20), in: ["types"]) == nil)
    }

    @Test func `percent-coding is undone, and broken escapes are named`() throws {
        for text in ["", "a b/ü+%", "\u{0}\u{10FFFF}"] {
            #expect(try PercentCoding.decode(PercentCoding.encode(text).utf8) == text)
        }
        #expect(PercentCoding.encode("/ü", allowing: UInt8(ascii: "/")) == "/%C3%BC")
        #expect(throws: PercentCoding.Failure.brokenEscape) {
            try PercentCoding.decode("%4".utf8)
        }
        #expect(throws: PercentCoding.Failure.notUTF8) { try PercentCoding.decode("%FF".utf8) }
    }

    @Test func `a time outside the years that have four digits is written as the nearest`() {
        #expect(Timestamp.format(.min) == "0000-01-01T00:00:00.000000Z")
        #expect(Timestamp.format(.max) == "9999-12-31T23:59:59.999999Z")
    }
}
