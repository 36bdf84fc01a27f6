internal import TLS
internal import Text

/// The statistics of one loop. They belong to the loop; others get a copy.
struct LoopStatistics: Sendable {
    /// A route and the status of its response.
    struct RequestKey: Hashable, Sendable {
        let route: ExactString
        let code: Int
    }

    var subscribers = 0
    var delivered = 0
    var dropped = 0
    var longestQueue = 0
    var lag: Duration = .zero
    var publishToWrite = Histogram()
    var requests: [RequestKey: Int] = [:]
    var requestSeconds: [ExactString: Histogram] = [:]
    /// How many connections and streams were refused, by reason.
    var rejected: [ExactString: Int] = [:]

    /// The reasons of `rejected`.
    static let rejections =
        Refusal.allCases.map(\.name) + ["no-descriptors", "no-room"]
        + TLSFailure.Kind.allCases.map { "tls-\($0.name)" }

    /// How many streams were told that events may be missing, by cause.
    var resets: [ExactString: Int] = [:]

    /// Counts a request that has a response.
    mutating func record(route: String, code: Int, took: Duration) {
        let route = ExactString(route)
        requests[RequestKey(route: route, code: code), default: 0] += 1
        requestSeconds[route, default: Histogram()].observe(took)
    }

    /// Counts a stream that was told that events may be missing.
    mutating func countReset(_ cause: String) { resets[ExactString(cause), default: 0] += 1 }

    /// Counts a connection or stream that was refused.
    mutating func countRejection(_ reason: String) {
        rejected[ExactString(reason), default: 0] += 1
    }

    /// The sum over loops; of levels, the highest.
    static func += (total: inout LoopStatistics, other: LoopStatistics) {
        total.subscribers += other.subscribers
        total.delivered += other.delivered
        total.dropped += other.dropped
        total.longestQueue = max(total.longestQueue, other.longestQueue)
        total.lag = max(total.lag, other.lag)
        total.publishToWrite += other.publishToWrite
        total.requests.merge(other.requests, uniquingKeysWith: +)
        total.requestSeconds.merge(other.requestSeconds) { first, second in
            var sum = first
            sum += second
            return sum
        }
        total.rejected.merge(other.rejected, uniquingKeysWith: +)
        total.resets.merge(other.resets, uniquingKeysWith: +)
    }
}
