import Testing

@testable import Webhooks

@Suite struct RetryTests {
    @Test func `the pauses are those of the contract, and up to a fifth more`() {
        let schedule = RetrySchedule()
        let seconds = [5, 30, 120, 600, 1800, 7200, 18_000, 36_000]
        for (index, pause) in seconds.enumerated() {
            let least = schedule.delay(after: index + 1, retryAfter: nil, jitter: 0)
            let most = schedule.delay(after: index + 1, retryAfter: nil, jitter: 1)
            #expect(least == .seconds(pause))
            #expect(most == .seconds(pause) * 1.2)
        }
        #expect(schedule.delay(after: 9, retryAfter: nil, jitter: 0) == nil)
        #expect(schedule.delay(after: 9, retryAfter: .seconds(1), jitter: 0) == nil)
    }

    @Test func `a receiver can ask for a longer pause, of a day at most`() {
        let schedule = RetrySchedule()
        #expect(schedule.delay(after: 1, retryAfter: .seconds(90), jitter: 0) == .seconds(90))
        #expect(schedule.delay(after: 1, retryAfter: .seconds(1), jitter: 0) == .seconds(5))
        #expect(
            schedule.delay(after: 1, retryAfter: .seconds(1 << 40), jitter: 0) == .seconds(86_400))
    }

    @Test func `Retry-After is a number of seconds or a date`() {
        // 2026-01-01T00:00:00Z
        let now: Int64 = 1_767_225_600_000_000
        #expect(RetryAfter.parse("120", now: now) == .seconds(120))
        #expect(RetryAfter.parse(" 7 ", now: now) == .seconds(7))
        #expect(RetryAfter.parse("Thu, 01 Jan 2026 00:01:00 GMT", now: now) == .seconds(60))
        #expect(RetryAfter.parse("Wed, 31 Dec 2025 00:01:00 GMT", now: now) == .zero)
        #expect(RetryAfter.parse("Thu, 01 Jan 2036 00:01:00 GMT", now: now) == .seconds(86_400))
        #expect(RetryAfter.parse("99999999999999999999", now: now) == .seconds(86_400))
        for text in ["", "-1", "soon", "Thu, 32 Jan 2026 00:01:00 GMT", "1e9", "Thu, 01 Jan 2026"] {
            #expect(RetryAfter.parse(text, now: now) == nil, "\(text)")
        }
    }
}
