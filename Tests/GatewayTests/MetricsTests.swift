import Foundation
import TestSupport
import Testing

@testable import Gateway

/// The page of `GET /metrics`.
@Suite struct MetricsTests {
    /// Returns the samples of a page, by name with labels.
    private func samples(_ gateway: TestGateway) async throws -> [String: Double] {
        let page = try await gateway.request("GET", "/metrics").text
        var samples: [String: Double] = [:]
        for line in page.split(separator: "\n") where !line.hasPrefix("#") {
            let halves = line.split(separator: " ")
            samples[halves.dropLast().joined(separator: " ")] = halves.last.flatMap { Double($0) }
        }
        return samples
    }

    @Test func `the process is described as Prometheus clients do`() async throws {
        try await TestGateway.run { gateway in
            let page = try await samples(gateway)
            let now = Date().timeIntervalSince1970
            let start = try #require(page["process_start_time_seconds"])
            #expect(start > now - 86_400 && start <= now + 2)
            func value(_ name: String) -> Double { page["process_" + name] ?? -1 }
            #expect(value("resident_memory_bytes") > 1_000_000)
            #expect(value("virtual_memory_bytes") > value("resident_memory_bytes"))
            #expect(value("open_fds") > 5)
            #expect(value("max_fds") >= value("open_fds"))
            #expect(value("cpu_seconds_total") > 0)
            for number in 0..<20 { try await gateway.push("r\(number)") }
            let later = try await samples(gateway)["process_cpu_seconds_total"] ?? 0
            #expect(later > value("cpu_seconds_total"))
        }
    }

    @Test func `series exist from the start`() async throws {
        try await TestGateway.run { gateway in
            let page = try await samples(gateway)
            for series in [
                #"events_published_total{type="RECORD_SIGNED"}"#,
                #"syncs_total{outcome="failed"}"#, #"resets_total{cause="evicted"}"#,
                #"connections_rejected_total{reason="full"}"#,
                #"connections_rejected_total{reason="too-many-from-address"}"#,
                #"http_requests_total{route="/push",code="201"}"#,
                #"http_requests_total{route="/events/recent",code="200"}"#,
                "events_dropped_total", "records_published", "records_signed", "signatures",
                "syncs_running", "syncs_waiting", "publish_to_write_seconds_count",
                "store_commit_seconds_count",
            ] {
                #expect(page["directory_gateway_" + series] == 0, "\(series)")
            }
        }
    }

    @Test func `what is stored is counted, and measured`() async throws {
        try await TestGateway.run { gateway in
            let cids = [try await gateway.push("a"), try await gateway.push("b")]
            _ = try await gateway.post("/publish", #"{"cids":["\#(cids[0])"]}"#)
            _ = try await gateway.post("/sign", #"{"cid":"\#(cids[0])"}"#)
            _ = try await gateway.post("/sign", #"{"cid":"\#(cids[0])"}"#)
            let page = try await samples(gateway)
            #expect(page["directory_gateway_records"] == 2)
            #expect(page["directory_gateway_records_published"] == 1)
            #expect(page["directory_gateway_records_signed"] == 1)
            let signatures = page["directory_gateway_signatures"] ?? 0
            #expect(signatures >= 1)
            let stored =
                (page["directory_gateway_store_bytes"] ?? 0)
                + (page["directory_gateway_store_wal_bytes"] ?? 0)
            #expect(stored > 50_000)
        }
    }

    @Test func `a second scraper sees what the first one saw`() async throws {
        try await TestGateway.run(["events.subscriber_buffer_size": "5"]) { gateway in
            let slow = try await EventReader(gateway.address, receiveBuffer: 4096)
            let name = "directory_gateway_subscriber_queue_events"
            var highest = 0.0
            for round in 0..<200 where highest == 0 {
                try await gateway.push(
                    count: 100, named: "s\(round)-\(String(repeating: "x", count: 200))")
                highest = try await samples(gateway)[name] ?? 0
            }
            #expect(highest > 0, "the subscriber does not read")
            withExtendedLifetime(slow) {}
            for _ in 0..<3 {
                let again = try await samples(gateway)[name] ?? 0
                #expect(again >= highest)
            }
        }
    }

    @Test func `a window forgets what is older than a minute`() {
        var window = WindowMaximum(0)
        window.add(7)
        window.add(3)
        for turn in 1...5 {
            window.turn()
            window.add(turn)
            #expect(window.value == 7, "in turn \(turn)")
        }
        window.turn()
        #expect(window.value == 5)
        for _ in 0..<6 { window.turn() }
        #expect(window.value == 0)
    }
}
