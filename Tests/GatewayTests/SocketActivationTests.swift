import Foundation
import Glibc
import Logging
import Systemd
import TestSupport
import Testing

@testable import Gateway

/// Opens a socket that listens on 127.0.0.1, as a service manager does, at a number of descriptor.
/// - Returns: its port.
private func listenForGateway(at number: Int32) -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            _ = bind(descriptor, $0, size)
            _ = listen(descriptor, 64)
            getsockname(descriptor, $0, &size)
        }
    }
    dup2(descriptor, number)
    close(descriptor)
    return UInt16(bigEndian: address.sin_port)
}

@Suite struct SocketActivationTests {
    /// Runs a gateway with two loops on sockets that were opened before.
    private func run(
        first: Int32, names: String, _ body: (GatewayServer, [String]) async throws -> Void
    ) async throws {
        let count = names.split(separator: ":").count
        let addresses = (0..<count).map { "127.0.0.1:\(listenForGateway(at: first + Int32($0)))" }
        let variables = [
            "LISTEN_PID": "\(getpid())", "LISTEN_FDS": "\(count)", "LISTEN_FDNAMES": names,
        ]
        let sockets = try ActivatedSockets(first: first) { variables[$0] }
        var flags = [
            "data_dir": NSTemporaryDirectory() + "gateway-\(UUID().uuidString)", "loops": "2",
            "allowed_hosts": "test,a",
        ]
        flags["listen_address"] = sockets.clientAddress
        flags["admin.listen_address"] = sockets.adminAddress
        let settings = try Settings(try SettingsReader(file: nil, flags: flags, environment: [:]))
        let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = try await GatewayServer.start(settings, sockets: sockets, logger: silent)
        do { try await body(server, addresses) } catch {
            await server.shutdown()
            throw error
        }
        await server.shutdown()
    }

    @Test func `the loops take turns with the connections of shared sockets`() async throws {
        try await run(first: 850, names: "one:two") { server, addresses in
            #expect(server.address == addresses[0])
            var readers: [EventReader] = []
            for number in 0..<20 { readers.append(try await EventReader(addresses[number % 2])) }
            var counts: [Int] = []
            for loop in server.loops { counts.append(await loop.subscriberCount()) }
            #expect(counts == [10, 10])
            let push = try await SocketClient(addresses[1]).request(
                "POST", "/push", fields: ["Content-Type": "application/json"], body: record("a"))
            #expect(push.status == 201)
            for reader in readers { #expect(try await reader.event()["event"] == "RECORD_PUSHED") }
        }
    }

    @Test func `a blocked loop gets no connection of a shared socket`() async throws {
        try await run(first: 855, names: "one") { server, addresses in
            let gate = DispatchSemaphore(value: 0)
            server.loops[0].loop.execute { gate.wait() }
            while server.stalledLoopCount == 0 { try await Task.sleep(for: .milliseconds(10)) }
            for _ in 0..<10 {
                let answer = try await SocketClient(addresses[0]).request("GET", "/healthz")
                #expect(answer.status == 200)
            }
            gate.signal()
        }
    }

    @Test func `the socket with the name admin serves probes and nothing else`() async throws {
        try await run(first: 860, names: "clients:admin") { server, addresses in
            #expect(server.adminAddress == addresses[1])
            let probe = try SocketClient(addresses[1])
            #expect(try await probe.request("GET", "/readyz").status == 200)
            #expect(try await probe.request("GET", "/records").status == 404)
            #expect(
                try await SocketClient(addresses[0]).request("GET", "/records").status == 200)
        }
    }
}
