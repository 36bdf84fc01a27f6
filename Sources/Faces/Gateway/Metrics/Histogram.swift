/// Counts of durations in the buckets of a Prometheus histogram.
struct Histogram: Sendable {
    /// Upper bounds, seconds.
    static let bounds = [
        0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
        2.5, 10,
    ]

    /// The count of each bucket alone; the last is above all bounds.
    private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
    /// The sum of all durations, seconds.
    private(set) var sum = 0.0

    var count: Int { counts.reduce(0, +) }

    mutating func observe(_ duration: Duration) {
        let seconds = duration / .seconds(1)
        counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
        sum += seconds
    }

    static func += (total: inout Histogram, other: Histogram) {
        for index in other.counts.indices { total.counts[index] += other.counts[index] }
        total.sum += other.sum
    }
}
