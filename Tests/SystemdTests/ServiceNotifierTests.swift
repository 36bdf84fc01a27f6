import Foundation
import Glibc
import Systemd
import Testing

/// The socket of a service manager.
private final class Manager {
    private let descriptor: Int32

    /// - Parameter address: a path, or `@` and a name.
    init(_ address: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var bytes = Array(address.utf8)
        if address.hasPrefix("@") { bytes[0] = 0 }
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: bytes) }
        let code = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(2 + bytes.count + (bytes[0] == 0 ? 0 : 1)))
            }
        }
        try #require(code == 0, "bind: \(errno)")
    }

    deinit { close(descriptor) }

    /// The next message, by variable.
    func message() -> [String: String] {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        var variables: [String: String] = [:]
        for line in String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split(
            separator: "\n")
        {
            let parts = line.split(separator: "=", maxSplits: 1)
            variables[String(parts[0])] = String(parts[1])
        }
        return variables
    }
}

private func path() -> String { NSTemporaryDirectory() + "notify-\(UUID().uuidString.prefix(8))" }

@Suite struct ServiceNotifierTests {
    @Test(arguments: [path(), "@directory-gateway-\(UUID().uuidString)"])
    func `each state is one message, also at an abstract address`(address: String) throws {
        let manager = try Manager(address)
        let notifier = try #require(try ServiceNotifier { ["NOTIFY_SOCKET": address][$0] })
        try notifier.send(.ready, status: "listening")
        #expect(manager.message() == ["READY": "1", "STATUS": "listening"])
        try notifier.send(.stopping)
        #expect(manager.message() == ["STOPPING": "1"])
        try notifier.send(.alive)
        #expect(manager.message() == ["WATCHDOG": "1"])
        try notifier.send(nil, status: "two\nlines\u{1}")
        #expect(manager.message() == ["STATUS": "two lines "])
        unlink(address)
    }

    @Test func `a reload has the time of the monotonic clock in microseconds`() throws {
        let address = path()
        let manager = try Manager(address)
        let notifier = try #require(try ServiceNotifier { ["NOTIFY_SOCKET": address][$0] })
        func now() -> Int {
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
        }
        let before = now()
        try notifier.send(.reloading)
        let message = manager.message()
        #expect(message["RELOADING"] == "1")
        let time = try #require(message["MONOTONIC_USEC"].flatMap { Int($0) })
        #expect((before...now()).contains(time))
        unlink(address)
    }

    @Test func `without a service manager there is nothing to notify`() throws {
        #expect(try ServiceNotifier { _ in nil } == nil)
        #expect(try ServiceNotifier { ["NOTIFY_SOCKET": ""][$0] } == nil)
    }

    @Test func `an address that is no Unix socket is refused, and an absent one is an error`()
        throws
    {
        for address in ["vsock:2:1234", "run/notify", "/" + String(repeating: "x", count: 107)] {
            #expect(throws: (any Error).self) {
                try ServiceNotifier { ["NOTIFY_SOCKET": address][$0] }
            }
        }
        let absent = path()
        let notifier = try #require(try ServiceNotifier { ["NOTIFY_SOCKET": absent][$0] })
        #expect(throws: (any Error).self) { try notifier.send(.ready) }
    }

    @Test func `the watchdog is for this process, and has a time`() throws {
        func timeout(_ variables: [String: String]) throws -> Duration? {
            let all = variables.merging(["NOTIFY_SOCKET": "/run/x"]) { $1 }
            return try ServiceNotifier { all[$0] }?.watchdogTimeout
        }
        #expect(try timeout([:]) == nil)
        #expect(try timeout(["WATCHDOG_USEC": "3000000"]) == .seconds(3))
        #expect(
            try timeout(["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "\(getpid())"]) == .seconds(3))
        #expect(try timeout(["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"]) == nil)
        for text in ["0", "-1", "soon", "99999999999999999999"] {
            #expect(try timeout(["WATCHDOG_USEC": text]) == nil)
        }
    }
}
