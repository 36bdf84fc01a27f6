import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Gateway

/// A loop that something keeps busy for as long as the test wants.
private final class Block: Sendable {
    private let gate = DispatchSemaphore(value: 0)

    init(_ gateway: TestGateway, loop: Int) async {
        let gate = gate
        await withCheckedContinuation { (begun: CheckedContinuation<Void, Never>) in
            gateway.server.loops[loop].loop.execute {
                begun.resume()
                gate.wait()
            }
        }
    }

    func release() { gate.signal() }

    deinit { gate.signal() }
}

@Suite struct BlockedLoopTests {
    @Test func `a blocked loop is shown, and takes no connections while others can`() async throws {
        try await TestGateway.run { gateway in
            let block = await Block(gateway, loop: 0)
            // Until it counts as blocked new connections may still come to it.
            try await until {
                !gateway.server.loops[0].listenerControls.withLock({
                    $0.contains(where: \.isAccepting)
                })
            }
            for _ in 0..<20 {
                #expect(try await gateway.request("GET", "/healthz").status == 200)
            }
            let ready = try await gateway.request("GET", "/readyz")
            #expect(ready.status == 503)
            #expect(ready.text.contains("blocked loops: 1"))
            #expect(try await gateway.metric("loops_stalled") == 1)
            #expect(try await gateway.metric("loop_lag_seconds") ?? 0 > 0.3)
            block.release()
            try await until { try await gateway.request("GET", "/readyz").status == 200 }
            try await until {
                gateway.server.loops[0].listenerControls.withLock({ $0.allSatisfy(\.isAccepting) })
            }
            #expect(try await gateway.metric("loops_stalled") == 0)
        }
    }

    @Test func `a shutdown waits for a blocked loop no longer than it may`() async throws {
        let ended = Mutex<Duration?>(nil)
        try await TestGateway.run(["drain_timeout": "500ms"]) { gateway in
            let block = await Block(gateway, loop: 0)
            let start = ContinuousClock.now
            await gateway.server.shutdown()
            ended.withLock { $0 = ContinuousClock.now - start }
            block.release()
        }
        // Much more than the half second, for a machine that does other things too; without a
        // deadline it would not have come back at all.
        #expect(ended.withLock { $0 ?? .seconds(60) } < .seconds(15))
    }

    @Test func `what a waiting task gives in time is its result, and what comes later is not`()
        async
    {
        let soon = await Deadline.result(by: .now + .seconds(60)) { 7 }
        #expect(soon == 7)
        let never = await Deadline.result(by: .now + .milliseconds(10)) {
            try? await Task.sleep(for: .seconds(60))
            return 7
        }
        #expect(never == nil)
    }
}
