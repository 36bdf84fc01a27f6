import TestSupport
import Testing
import Text

@Suite struct SearchTests {
    private func text(_ length: Int, _ random: inout Seeded) -> String {
        String(
            decoding: (0..<length).map { _ in UInt8.random(in: 97...98, using: &random) },
            as: UTF8.self)
    }

    @Test func `many texts are found at once, as each alone would be`() {
        let seed = testSeed()
        var random = Seeded(seed: seed)
        for _ in 0..<500 {
            let needles = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                text(Int.random(in: 1...5, using: &random), &random)
            }
            let set = SubstringSet(needles)
            let hay = text(Int.random(in: 0...12, using: &random), &random)
            let plain = needles.contains { ByteSearch($0).occurs(in: hay) }
            #expect(set.occurs(in: hay.utf8) == plain, "seed \(seed): \(needles) in \(hay)")
        }
        #expect(SubstringSet([""]).occurs(in: "".utf8))
        #expect(!SubstringSet([]).occurs(in: "a".utf8))
    }

    @Test func `wildcards stand for what they should`() {
        let cases: [(String, String, Bool)] = [
            ("*", "", true), ("?", "", false), ("a*b", "aXXb", true), ("a*b", "aXXbc", false),
            ("*tutor*", "campus/TUTOR-1", true), ("?", "\u{E9}", true), ("??", "\u{E9}", false),
            ("a?c", "a\u{1F600}c", true), ("[a]*", "[A]b", true), ("", "", true), ("", "a", false),
            ("*a*b*c*", "xxaxxbxxcxx", true), ("*a*b*c*", "xxaxxcxxbxx", false),
        ]
        for (pattern, text, fits) in cases {
            #expect(Wildcard(pattern).matches(text) == fits, "\(pattern) and \(text)")
        }
    }

    /// A matcher that tries every way would need longer than there is time.
    @Test func `a pattern of stars costs no more than its length times the text's`() {
        let pattern = String(repeating: "*a", count: 500) + "b"
        #expect(!Wildcard(pattern).matches(String(repeating: "a", count: 8000)))
    }
}
