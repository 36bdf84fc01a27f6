import Foundation
import TestSupport
import Testing

/// Clients that others wrote read the stream (`Tests/Clients`, from PyPI).
@Suite(.enabled(if: hasClients, "no Python clients here: `make test` installs them"))
struct ClientTests {
    @Test(arguments: ["httpx-sse", "sseclient-py"])
    func `an independent client reads every event, and nothing that was forged`(library: String)
        async throws
    {
        let python = repository + "/.venv/bin/python"
        try await TestGateway.run(["events.heartbeat_interval": "100ms"]) { gateway in
            let process = ChildProcess()
            let (out, error) = (ChildPipe(), ChildPipe())
            process.executableURL = URL(filePath: python)
            process.arguments = [
                repository + "/Tests/Clients/read_stream.py", library, "http://\(gateway.address)",
            ]
            process.standardOutput = out
            process.standardError = error
            try process.run()
            let result = try await blocking {
                let text = out.readToEnd()
                let complaint = error.readToEnd()
                process.waitUntilExit()
                return String(decoding: text + complaint, as: UTF8.self)
            }
            #expect(result == "ok\n")
        }
    }
}
