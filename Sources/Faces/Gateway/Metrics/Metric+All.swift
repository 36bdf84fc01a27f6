internal import Directory
internal import Events
internal import Text
internal import Upstream
internal import Webhooks

extension Metric {
    /// Every metric of the gateway.
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
            let all = snapshot.loops.resets.withZeros(EventLogReset.Cause.allCases.map(\.name))
            return all.map { number($0.value, [("cause", $0.key.string)]) }
        },
        Metric(
            name: "subscriber_queue_events", kind: .gauge,
            help: "Longest queue of a subscriber within about a minute."
        ) { [number($0.loops.longestQueue)] },
        Metric(
            name: "publish_to_write_seconds", kind: .histogram,
            help:
                "Time from publishing an event to the write for the last subscriber of a loop."
        ) { histogram($0.loops.publishToWrite) },
        Metric(
            name: "loop_lag_seconds", kind: .gauge,
            help: "Longest delay of a loop within about a minute."
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
            snapshot.requests.sorted {
                ($0.key.route, $0.key.code) < ($1.key.route, $1.key.code)
            }
            .map {
                number(
                    $0.value, [("route", $0.key.route.string), ("code", String($0.key.code))])
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
            let all = snapshot.loops.rejected.withZeros(LoopStatistics.rejections)
            return all.map { number($0.value, [("reason", $0.key.string)]) }
        },
        Metric(name: "records", kind: .gauge, help: "Stored records.") {
            [number($0.store.records)]
        },
        Metric(name: "records_published", kind: .gauge, help: "Published records.") {
            [number($0.store.published)]
        },
        Metric(name: "records_signed", kind: .gauge, help: "Records with a signature.") {
            [number($0.store.signed)]
        },
        Metric(name: "signatures", kind: .gauge, help: "Stored signatures.") {
            [number($0.store.signatures)]
        },
        Metric(name: "store_bytes", kind: .gauge, help: "Size of the database file.") {
            [number($0.store.fileBytes)]
        },
        Metric(name: "store_wal_bytes", kind: .gauge, help: "Size of the write-ahead log.") {
            [number($0.store.logBytes)]
        },
        Metric(name: "syncs_running", kind: .gauge, help: "Syncs that run.") {
            [number($0.syncsRunning)]
        },
        Metric(name: "syncs_waiting", kind: .gauge, help: "Syncs that wait for their turn.") {
            [number($0.syncsWaiting)]
        },
        Metric(name: "syncs_total", kind: .counter, help: "Syncs that have ended.") {
            $0.syncs.map { number($0.count, [("outcome", $0.outcome)]) }
        },
        Metric(name: "webhooks", kind: .gauge, help: "Webhooks.") {
            [
                number($0.webhooks.enabled, [("state", "enabled")]),
                number($0.webhooks.disabled, [("state", "disabled")]),
            ]
        },
        Metric(
            name: "webhook_attempts_total", kind: .counter, help: "Requests to receivers."
        ) { snapshot in
            WebhookStatistics.Outcome.allCases.map {
                number(snapshot.webhooks.attempts[$0] ?? 0, [("outcome", $0.name)])
            }
        },
        Metric(
            name: "webhook_lag_events", kind: .gauge,
            help: "Events of the log after the place of the webhook that is the furthest behind."
        ) { [number($0.webhooks.lagEvents)] },
        Metric(
            name: "webhook_lag_seconds", kind: .gauge,
            help: "Age of the oldest event that a webhook has not got."
        ) { [seconds($0.webhooks.lag)] },
        Metric(
            name: "webhook_gaps_total", kind: .counter,
            help: "Messages to receivers which told that events are missing."
        ) { [number($0.webhooks.gaps)] },
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
            [number($0.process.openDescriptors)]
        },
        Metric(name: "build_info", kind: .gauge, help: "Always 1; the label is the version.") {
            [number(1, [("version", $0.version)])]
        },
    ]

    /// What every client library of Prometheus reports of its process, under the same names.
    private static let process: [Metric] = [
        Metric(
            name: "process_cpu_seconds_total", kind: .counter,
            help: "Processor time, user and system."
        ) { [seconds($0.process.cpu)] },
        Metric(
            name: "process_resident_memory_bytes", kind: .gauge, help: "Memory that is resident."
        ) { [number($0.process.residentBytes)] },
        Metric(
            name: "process_virtual_memory_bytes", kind: .gauge, help: "Size of the address space."
        ) { [number($0.process.virtualBytes)] },
        Metric(name: "process_open_fds", kind: .gauge, help: "Open file descriptors.") {
            [number($0.process.openDescriptors)]
        },
        Metric(name: "process_max_fds", kind: .gauge, help: "Limit of open file descriptors.") {
            [number($0.process.maxDescriptors)]
        },
        Metric(
            name: "process_start_time_seconds", kind: .gauge,
            help: "Start of the process, seconds since 1970."
        ) { [number($0.process.startTime)] },
    ]

    /// Returns the page in the text format of Prometheus 0.0.4.
    static func page(_ snapshot: MetricsSnapshot) -> [UInt8] {
        var page = ""
        for metric in all + process {
            let name = metric.fullName
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

extension MetricsSnapshot {
    /// The requests by route and status, with a zero for each success that has not happened yet: a rate
    /// needs the value before the first one.
    fileprivate var requests: [LoopStatistics.RequestKey: Int] {
        var all = loops.requests
        for route in routes {
            for code in route.codes {
                let key = LoopStatistics.RequestKey(
                    route: ExactString(route.pattern), code: code)
                all[key] = all[key] ?? 0
            }
        }
        return all
    }
}

extension [ExactString: Int] {
    /// The counts in the order of their names, with a zero for each name that has none.
    fileprivate func withZeros(_ names: [String]) -> [(key: ExactString, value: Int)] {
        let zeros = names.map { (ExactString($0), 0) }
        return merging(zeros) { count, _ in count }.sorted { $0.key < $1.key }
    }
}
