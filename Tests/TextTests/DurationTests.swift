import Testing
import Text

@Suite struct DurationTests {
    @Test(arguments: [
        ("0s", Duration.zero, "0s"), ("500ms", .milliseconds(500), "500ms"),
        ("1500ms", .milliseconds(1500), "1500ms"), ("2000ms", .seconds(2), "2s"),
        ("15s", .seconds(15), "15s"), ("60s", .seconds(60), "1m"), ("90s", .seconds(90), "90s"),
        ("24h", .seconds(86_400), "1d"), ("720h", .seconds(30 * 86_400), "30d"),
        ("2147483647d", .seconds(2_147_483_647 * 86_400), "2147483647d"),
    ])
    func `a time is read with its unit, and written in the longest one`(
        text: String, time: Duration, written: String
    ) {
        #expect(DurationText.parse(text) == time)
        #expect(DurationText.format(time) == written)
        #expect(DurationText.parse(written) == time)
    }

    @Test(arguments: [
        "", "s", "ms", "1", "-1s", "+1s", "1.5s", "1 s", "1S", "1sec", "2147483648s", "1s\u{301}",
        "99999999999999999999h",
    ])
    func `what is no time is not read`(text: String) { #expect(DurationText.parse(text) == nil) }

    @Test func `a number without a unit needs one that is agreed`() {
        #expect(DurationText.parse("15", bareUnit: .seconds(1)) == .seconds(15))
        #expect(DurationText.parse("15ms", bareUnit: .seconds(1)) == .milliseconds(15))
        #expect(DurationText.parse("", bareUnit: .seconds(1)) == nil)
    }

    @Test func `every time can be written`() {
        #expect(DurationText.format(.seconds(-1)) == "0s")
        #expect(DurationText.format(.microseconds(1)) == "0s")
        #expect(
            DurationText.format(.seconds(Int64.max) + .milliseconds(1))
                == "9223372036854775807001ms")
        #expect(DurationText.formatSeconds(.seconds(-1) - .milliseconds(1)) == "0")
    }

    @Test(arguments: [
        ("0", Duration.zero, "0"), ("15", .seconds(15), "15"),
        ("0.5", .milliseconds(500), "0.5"), ("1.050", .milliseconds(1050), "1.05"),
        ("2.0019", .milliseconds(2001), "2.001"), ("86401", .seconds(86_400), "86400"),
        ("99999999999999999999", .seconds(86_400), "86400"),
    ])
    func `seconds have a fraction, and a limit`(text: String, time: Duration, written: String) {
        #expect(DurationText.parseSeconds(text, atMost: .seconds(86_400)) == time)
        #expect(DurationText.formatSeconds(time) == written)
    }

    @Test(arguments: ["", ".", "1.", ".5", "-1", "1e3", "1.5.0", "\u{661}"])
    func `what is no number of seconds is not read`(text: String) {
        #expect(DurationText.parseSeconds(text, atMost: .seconds(1)) == nil)
    }
}

@Suite struct BackoffTests {
    private let backoff = Backoff(first: .seconds(1), longest: .seconds(60))

    @Test func `pauses double up to the limit, and their second half is random`() {
        let shortest = (1...8).map { backoff.delay(after: $0, jitter: 0) / .seconds(1) }
        #expect(shortest == [0.5, 1, 2, 4, 8, 16, 30, 30])
        let longest = (1...8).map { backoff.delay(after: $0, jitter: 1) / .seconds(1) }
        #expect(longest == [1, 2, 4, 8, 16, 32, 60, 60])
        for _ in 0..<100 {
            #expect((.milliseconds(500) ... .seconds(1)).contains(backoff.delay(after: 1)))
        }
    }

    @Test func `no number of failures overflows`() {
        #expect(backoff.delay(after: .max, jitter: 1) == .seconds(60))
        #expect(backoff.delay(after: .min, jitter: 1) == .seconds(1))
    }
}

@Suite struct CommaListTests {
    @Test func `lists are split at commas, without spaces and empty items`() {
        #expect(" a ,,b\t, ,c".commaSeparated == ["a", "b", "c"])
        #expect("a b".commaSeparated == ["a b"])
        #expect(["a,b", "", "c"].commaSeparated == ["a", "b", "c"])
        #expect("a,\u{301}b".commaSeparated == ["a", "\u{301}b"])
        #expect([String]().commaSeparated.isEmpty)
    }
}

@Suite struct SuggestionTests {
    @Test func `a suggestion names the nearest name as it is written there`() {
        #expect(suggestion(for: "label", in: ["labels"]) == ", did you mean labels?")
        #expect(
            suggestion(for: "label", in: ["labels"]) { "--\($0)" } == ", did you mean --labels?")
        #expect(suggestion(for: "zzzz", in: ["labels"]) == nil)
    }
}
