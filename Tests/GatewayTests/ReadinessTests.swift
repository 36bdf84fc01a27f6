import Foundation
import TestSupport
import Testing

/// `/readyz` tells whether the store takes changes, and does not wait for one that cannot tell.
@Suite struct ReadinessTests {
    @Test func `a store that another process has locked is not ready, and ready again afterwards`()
        async throws
    {
        let path = NSTemporaryDirectory() + "locked-\(UUID().uuidString)"
        try await TestGateway.run(["data_dir": path]) { gateway in
            let (input, output) = (ChildPipe(), ChildPipe())
            let other = ChildProcess()
            other.executableURL = URL(filePath: "/usr/bin/env")
            other.arguments = [
                "python3", "-c",
                """
                import sqlite3, sys
                store = sqlite3.connect(sys.argv[1], isolation_level=None)
                store.execute("BEGIN IMMEDIATE")
                print("locked", flush=True)
                sys.stdin.read()
                """, path + "/directory.sqlite",
            ]
            other.standardInput = input
            other.standardOutput = output
            try other.run()
            _ = try await blocking { output.availableData() }
            // It waits for the lock, and readiness behind it.
            async let push = gateway.post("/push", record("a"))
            let answer = try await gateway.request("GET", "/readyz")
            #expect(answer.status == 503)
            #expect(answer.json["detail"] as? String != nil)
            #expect(try await push.status == 503)
            #expect(try await gateway.request("GET", "/healthz").status == 200)
            input.closeWriter()
            try await until { try await gateway.request("GET", "/readyz").status == 200 }
            #expect(try await gateway.post("/push", record("a")).status == 201)
        }
    }
}
