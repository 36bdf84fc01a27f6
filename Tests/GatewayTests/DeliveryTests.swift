import Foundation
import TestSupport
import Testing

@Suite struct DeliveryTests {
    /// About 60 KiB an event, so that a few fill the kernel's buffers.
    private func bulky(_ name: String) -> String {
        let long = String(repeating: "x", count: 1990)
        return record(name, skills: (0..<30).map { "\(long)\($0)" })
    }

    @Test
    func `a subscriber that stops gets a report of its drops later, and the others lose nothing`()
        async throws
    {
        try await TestGateway.run(["events.subscriber_buffer_size": "3"]) { gateway in
            let stalled = try await EventReader(gateway.address, receiveBuffer: 4096)
            let fast = try await EventReader(gateway.address)
            let total = 25
            var ids: [String] = []
            for number in 0..<total {
                #expect(try await gateway.post("/push", bulky("r\(number)")).status == 201)
                ids.append(try await fast.event()["id"] ?? "")
            }
            #expect(Set(ids).count == total)

            var received = 0
            var reported = 0
            while received + reported < total {
                let event = try await stalled.event()
                if event["event"] == "dropped" {
                    #expect(event["id"] == nil)
                    reported += event.json["dropped"] as? Int ?? 0
                } else {
                    // The events are in order, and every gap was reported.
                    #expect(event["id"] == ids[received + reported])
                    received += 1
                }
            }
            #expect(reported > 0)
            #expect(received >= 3)
            let cid = try await gateway.push("after")
            #expect(try await stalled.event().story == "RECORD_PUSHED \(cid)")
        }
    }

    @Test func `a thousand subscribers each get every event once and in order`() async throws {
        try await TestGateway.run { gateway in
            var readers: [EventReader] = []
            for _ in 0..<1000 { readers.append(try await EventReader(gateway.address)) }
            let lines = (0..<20).map { record("r\($0)") }.joined(separator: "\n")
            let stalled = try await EventReader(gateway.address, receiveBuffer: 4096)
            let answer = try await gateway.request(
                "POST", "/push", fields: ["Content-Type": "application/x-ndjson"], body: lines)
            #expect(answer.status == 200)
            var expected: [String]?
            for reader in readers {
                var ids: [String] = []
                for _ in 0..<20 { ids.append(try await reader.event()["id"] ?? "") }
                #expect(ids == expected ?? ids.sorted())
                expected = ids
            }
            _ = stalled
        }
    }

    @Test func `streams that vanish leave nothing behind`() async throws {
        try await TestGateway.run { gateway in
            for _ in 0..<100 {
                try await EventReader(gateway.address).client.reset()
            }
            var left = 1
            while left > 0 {
                let answer = try await gateway.request("GET", "/subscribers").json
                left = (answer["subscribers"] as? [Any])?.count ?? 1
            }
            let reader = try await EventReader(gateway.address)
            let cid = try await gateway.push("a")
            #expect(try await reader.event().story == "RECORD_PUSHED \(cid)")
        }
    }

    @Test func `health responds during a fan-out to many subscribers`() async throws {
        try await TestGateway.run(["loops": "1"]) { gateway in
            var readers: [EventReader] = []
            for _ in 0..<500 { readers.append(try await EventReader(gateway.address)) }
            let lines = (0..<50).map { bulky("r\($0)") }.joined(separator: "\n")
            async let pushed = gateway.request(
                "POST", "/push", fields: ["Content-Type": "application/x-ndjson"], body: lines)
            #expect(try await gateway.request("GET", "/healthz").status == 200)
            let results = try await pushed.text.split(separator: "\n")
            #expect(results.count { $0.contains(#""status":201"#) } == 50)
        }
    }
}
