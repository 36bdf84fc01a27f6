import Addresses
import Directory
import Foundation
import TestSupport
import Testing

@testable import Outbound

private func connector(
    timeout: Duration = .seconds(10), resolve: @escaping Dialer.Resolve
) throws -> RemoteGatewayConnector {
    var limits = RemoteLimits()
    limits.connectTimeout = timeout
    return try RemoteGatewayConnector(
        policy: AddressPolicy([], allowsLoopback: true),
        limits: limits, userAgent: "test", resolve: resolve)
}

private func addresses(_ texts: String...) -> Dialer.Resolve {
    { _, port in texts.compactMap { SocketAddress("\($0):\(port)") } }
}

@Suite struct ConnectorTests {
    @Test("a name that leads to a forbidden address is refused, whatever else it leads to")
    func forbidden() async throws {
        let connector = try connector(resolve: addresses("169.254.169.254", "10.0.0.1"))
        await #expect(throws: RemoteError.self) {
            try await connector.check("http://innocent.example.org")
        }
        do { _ = try await connector.check("http://innocent.example.org") } catch {
            #expect(error.kind == .forbidden)
            #expect(error.reason.contains("169.254.169.254, 10.0.0.1"))
        }
    }

    @Test("a lookup that hangs ends with the timeout, and with the task")
    func hangingLookup() async throws {
        let connector = try connector(timeout: .milliseconds(100)) { _, _ in
            // As a resolver of the system does: it blocks its thread.
            Thread.sleep(forTimeInterval: 1)
            return []
        }
        do {
            _ = try await connector.check("http://slow.example.org")
            Issue.record("the lookup cannot have ended")
        } catch {
            #expect(error.isTransient)
        }
    }

    @Test("the connection goes to the address that was looked at, not to where the name leads next")
    func pinned() async throws {
        let process = ChildProcess()
        let (input, output) = (ChildPipe(), ChildPipe())
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", hostileRemote, "none"]
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
        let text = String(decoding: output.availableData(), as: UTF8.self)
        let port = text.trimmingCharacters(in: .whitespacesAndNewlines)
        // The system knows no such name: only the pinned address can be reached.
        for name in ["pinned.invalid", "xn--bcher-kva.invalid", "PINNED.Invalid"] {
            let remote = try await connector(resolve: addresses("127.0.0.1"))
                .connect("http://\(name):\(port)")
            let page = try await remote.published(after: nil)
            #expect(page.items.count == 3)
            await remote.close()
        }
        input.closeWriter()
    }
}

private let hostileRemote = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Clients/hostile_remote.py").path
