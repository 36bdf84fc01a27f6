import Foundation
import Logging
import TestSupport
import Testing

/// Held by the logger, and so by everything that logs.
private final class Witness: Sendable {}

@Suite struct ReleaseTests {
    /// A test run has hundreds of gateways in one process: threads and descriptors that outlive their
    /// gateway are missing in the end.
    @Test func `a gateway that has ended leaves nothing behind`() async throws {
        weak var witness: Witness?
        try await {
            let held = Witness()
            witness = held
            let logger = Logger(label: "test") { _ in
                ClosureLogHandler { _, _ in withExtendedLifetime(held) {} }
            }
            try await TestGateway.run(["events.history.max_events": "1000"], logger: logger) {
                gateway in
                try await gateway.push("r")
                let webhook = try await gateway.post("/webhooks", #"{"url":"http://127.0.0.1:9/"}"#)
                #expect(webhook.status == 201)
                let stream = try await EventReader(gateway.address)
                try await gateway.push("s")
                #expect(try await stream.event()["event"] == "RECORD_PUSHED")
            }
        }()
        try await until { witness == nil }
    }
}
