internal import Directory
internal import Text
internal import Upstream
internal import Webhooks

/// One metric: its name, its kind and its help text. `GET /metrics` serves
/// the list, and docs/metrics.md must describe it.
struct Metric: Sendable {
    enum Kind: String, Sendable { case counter, gauge, histogram }

    /// The name below `prefix`; with `process_` in front, the whole name.
    let name: String
    let kind: Kind
    let help: String
    /// Returns the lines after the heading, without the prefix of the name.
    let samples: @Sendable (MetricsSnapshot) -> [Sample]

    /// One value.
    struct Sample: Sendable {
        /// `_bucket`, `_sum`, `_count`, or nothing.
        var suffix = ""
        var labels: [(String, String)] = []
        let value: String
    }

    /// The name as it is served.
    var fullName: String { name.hasBytePrefix("process_") ? name : Self.prefix + name }

    static let prefix = "directory_gateway_"

    static func number(_ value: Int, _ labels: [(String, String)] = []) -> Sample {
        Sample(labels: labels, value: String(value))
    }

    static func number(_ value: Double) -> Sample { Sample(value: String(value)) }

    static func seconds(_ value: Duration) -> Sample {
        Sample(value: String(value / .seconds(1)))
    }

    static func histogram(_ histogram: Histogram, _ labels: [(String, String)] = []) -> [Sample] {
        var sum = 0
        let bounds = Histogram.bounds.map { String($0) } + ["+Inf"]
        let buckets = zip(bounds, histogram.counts).map { bound, count in
            sum += count
            return Sample(suffix: "_bucket", labels: labels + [("le", bound)], value: String(sum))
        }
        return buckets + [
            Sample(suffix: "_sum", labels: labels, value: String(histogram.sum)),
            Sample(suffix: "_count", labels: labels, value: String(histogram.count)),
        ]
    }
}

/// The values of all metrics at one moment.
struct MetricsSnapshot: Sendable {
    var loops = LoopStatistics()
    /// By short name of the event type.
    var published: [(type: String, count: Int)] = []
    var connections = 0
    var store = Store.Figures()
    var syncsRunning = 0
    var syncsWaiting = 0
    /// By outcome.
    var syncs: [(outcome: String, count: Int)] = []
    var webhooks = WebhookStatistics()
    var commits = Histogram()
    var process = ProcessFigures()
    /// The routes that are served, with the statuses of their success.
    var routes: [(pattern: String, codes: [Int])] = []
    var stalledLoops = 0
    /// The bytes of requests, responses and event queues.
    var memory = 0
    var lostLogLines = 0
    /// Nil when the records are here.
    var upstream: UpstreamStatus.Figures?
    var version = ""
}
