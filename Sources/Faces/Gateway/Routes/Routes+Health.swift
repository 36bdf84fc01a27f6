internal import Directory
internal import EventHub
internal import Events
internal import FoundationEssentials
internal import Frames
internal import HTTPServer
internal import HTTPTypes
internal import Libevent
internal import Synchronization
internal import Text

extension Routes {
    static let health = [
        Route(.get, "/healthz", "whether the process runs") { _, _ in
            .json(["status": "ok"])
        },
        Route(.get, "/readyz", "whether the gateway can serve requests, with reasons") { loop, _ in
            var reasons: [String] = []
            if loop.context.isDraining { reasons.append("the gateway is shutting down") }
            let stalled = loop.context.allLoops.count { $0.isStalled }
            if stalled > 0 { reasons.append("blocked loops: \(stalled)") }
            let store = loop.context.store
            let deadline = ContinuousClock.now + .milliseconds(2500)
            let fault = await Deadline.result(by: deadline) { () async -> String? in
                do { try await store.check() } catch { return "the store is unavailable: \(error)" }
                return nil
            }
            switch fault {
            case nil: reasons.append("the store does not respond in time")
            case .some(let reason): if let reason { reasons.append(reason) }
            }
            guard reasons.isEmpty else {
                var problem = Problem(
                    .serviceUnavailable, "not-ready", "Not ready",
                    "\(reasons.joined(separator: "; ")).",
                    remedy: "Send requests elsewhere for now.")
                problem.more = [("reasons", .strings(reasons))]
                throw problem
            }
            return .json(["status": "ready"])
        },
        Route(.get, "/metrics", "Prometheus metrics") { loop, _ in
            let page = Metric.page(await loop.metrics())
            return .response(
                Response(
                    fields: [
                        .contentType: "text/plain; version=0.0.4; charset=utf-8",
                        .cacheControl: "no-store",
                    ], body: page, isVital: true))
        },
    ]
}

extension GatewayLoop {
    fileprivate func metrics() async -> MetricsSnapshot {
        var snapshot = MetricsSnapshot()
        for other in context.allLoops {
            let asked = context.clock.monotonic()
            let deadline = ContinuousClock.now + .milliseconds(250)
            // A blocked loop is not waited for: its last snapshot and its silence count.
            let result =
                other.isStalled
                ? nil : await Deadline.result(by: deadline) { await other.snapshot() }
            if result == nil { snapshot.stalledLoops += 1 }
            var loop = result ?? other.lastSnapshot.withLock { $0 }
            // This call itself had to wait for a turn of the loop.
            let wait = other === self ? .zero : elapsed(since: asked)
            loop.lag = max(loop.lag, wait, other.loop.silence)
            snapshot.loops += loop
        }
        snapshot.memory = context.memory.used
        snapshot.lostLogLines = LogWriter.lostLines
        snapshot.published = EventType.allCases.map {
            ($0.shortName, context.publisher.count(of: $0))
        }
        snapshot.connections = context.connections.total
        snapshot.records = (try? await context.store.recordCount()) ?? 0
        let ended = await context.operations.syncs.outcomes
        snapshot.syncs = SyncState.allCases.filter(\.isFinal).map {
            ($0.name.lowercasedASCII, ended[$0] ?? 0)
        }
        snapshot.commits = context.commits.snapshot
        snapshot.openDescriptors = await Self.openDescriptors()
        snapshot.version = GatewayServer.version
        return snapshot
    }

    @concurrent
    private nonisolated static func openDescriptors() async -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
    }
}
