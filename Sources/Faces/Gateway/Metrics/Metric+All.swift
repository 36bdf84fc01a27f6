internal import Text
internal import Upstream

extension Metric {
    /// Every metric.
    static let all: [Metric] = [
        Metric(name: "subscribers", kind: .gauge, help: "Open event streams.") {
            [number($0.loops.subscribers)]
        },
        Metric(name: "events_published_total", kind: .counter, help: "Events published.") {
            $0.published.map { number($0.count, [("type", $0.type)]) }
        },
        Metric(
            name: "events_delivered_total", kind: .counter,
            help: "Events written to sockets, summed over subscribers."
        ) { [number($0.loops.delivered)] },
        Metric(
            name: "events_dropped_total", kind: .counter,
            help: "Events dropped for slow subscribers, summed over subscribers."
        ) { [number($0.loops.dropped)] },
        Metric(
            name: "resets_total", kind: .counter,
            help: "Streams that were told that events may be missing."
        ) { snapshot in
            snapshot.loops.resets.sorted { $0.key < $1.key }
                .map { number($0.value, [("cause", $0.key.string)]) }
        },
        Metric(
            name: "subscriber_queue_events", kind: .gauge,
            help: "Longest queue of a subscriber since the last scrape."
        ) { [number($0.loops.longestQueue)] },
        Metric(
            name: "publish_to_write_seconds", kind: .histogram,
            help: "Time from publishing an event to the write for the last subscriber of a loop."
        ) { histogram($0.loops.publishToWrite) },
        Metric(
            name: "loop_lag_seconds", kind: .gauge,
            help: "Longest delay of a loop since the last scrape."
        ) { [seconds($0.loops.lag)] },
        Metric(name: "loops_stalled", kind: .gauge, help: "Loops that are blocked.") {
            [number($0.stalledLoops)]
        },
        Metric(
            name: "memory_bytes", kind: .gauge,
            help:
                "Bytes of requests, responses and event queues; limits.memory is the limit."
        ) { [number($0.memory)] },
        Metric(
            name: "log_lines_lost_total", kind: .counter,
            help: "Log lines that could not be written."
        ) { [number($0.lostLogLines)] },
        Metric(name: "http_requests_total", kind: .counter, help: "Requests with a response.") {
            snapshot in
            snapshot.loops.requests.sorted {
                ($0.key.route, $0.key.code) < ($1.key.route, $1.key.code)
            }
            .map {
                number($0.value, [("route", $0.key.route.string), ("code", String($0.key.code))])
            }
        },
        Metric(
            name: "http_request_seconds", kind: .histogram,
            help:
                "Time from the header of a request to its response, for a stream to its opening."
        ) { snapshot in
            snapshot.loops.requestSeconds.sorted { $0.key < $1.key }
                .flatMap { histogram($0.value, [("route", $0.key.string)]) }
        },
        Metric(name: "connections", kind: .gauge, help: "Open connections, including streams.") {
            [number($0.connections)]
        },
        Metric(
            name: "connections_rejected_total", kind: .counter,
            help: "Connections and streams that were refused."
        ) { snapshot in
            snapshot.loops.rejected.sorted { $0.key < $1.key }
                .map { number($0.value, [("reason", $0.key.string)]) }
        },
        Metric(name: "records", kind: .gauge, help: "Stored records.") { [number($0.records)] },
        Metric(name: "syncs_total", kind: .counter, help: "Syncs that have ended.") {
            $0.syncs.map { number($0.count, [("outcome", $0.outcome)]) }
        },
        Metric(
            name: "store_commit_seconds", kind: .histogram,
            help: "Time of a commit, including the wait for the disk."
        ) { histogram($0.commits) },
        Metric(
            name: "upstream_connected", kind: .gauge,
            help: "Whether the events of the upstream arrive: 1 or 0."
        ) { $0.upstream.map { [number($0.fault.isNil ? 1 : 0)] } ?? [] },
        Metric(
            name: "upstream_connections_total", kind: .counter,
            help: "How often the stream of the upstream's events has begun."
        ) { $0.upstream.map { [number($0.connections)] } ?? [] },
        Metric(
            name: "upstream_events_total", kind: .counter,
            help: "Events of the upstream that were passed on."
        ) { $0.upstream.map { [number($0.events)] } ?? [] },
        Metric(
            name: "upstream_events_refused_total", kind: .counter,
            help: "Events of the upstream that could not be passed on."
        ) { $0.upstream.map { [number($0.refused)] } ?? [] },
        Metric(name: "open_descriptors", kind: .gauge, help: "Open file descriptors.") {
            [number($0.openDescriptors)]
        },
        Metric(name: "build_info", kind: .gauge, help: "Always 1; the label is the version.") {
            [number(1, [("version", $0.version)])]
        },
    ]

    /// Returns the page in the text format of Prometheus 0.0.4.
    static func page(_ snapshot: MetricsSnapshot) -> [UInt8] {
        var page = ""
        for metric in all {
            let name = prefix + metric.name
            page += "# HELP \(name) \(metric.help)\n# TYPE \(name) \(metric.kind.rawValue)\n"
            for sample in metric.samples(snapshot) {
                let labels = sample.labels.map { "\($0)=\"\($1)\"" }.joined(separator: ",")
                page +=
                    "\(name)\(sample.suffix)\(labels.isEmpty ? "" : "{\(labels)}") \(sample.value)\n"
            }
        }
        return Array(page.utf8)
    }
}
