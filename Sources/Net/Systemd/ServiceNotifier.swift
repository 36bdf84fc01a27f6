internal import Glibc
public import Libevent

/// Tells the service manager the state of this process: the protocol of `sd_notify(3)`, one datagram
/// for each message. Can be used from any thread.
public struct ServiceNotifier: Sendable {
    /// The longest time that a message waits for the service manager.
    private static let timeout = timeval(tv_sec: 1, tv_usec: 0)
    /// The most bytes of a status line.
    private static let statusLimit = 512

    /// The socket of the service manager. The first byte of an abstract address is 0.
    private let path: [UInt8]
    /// The time after which the service manager ends a process that sends no `alive`
    /// (`WatchdogSec=`); nil when it does not watch this one.
    public let watchdogTimeout: Duration?

    /// Reads the environment.
    /// - Parameter variable: returns a variable of the environment.
    /// - Returns: nil when no service manager wants messages.
    /// - Throws: when the address is not one of a Unix socket.
    public init?(_ variable: (String) -> String?) throws(LibeventError) {
        guard let address = variable("NOTIFY_SOCKET"), !address.isEmpty else { return nil }
        var path = Array(address.utf8)
        switch path[0] {
        case UInt8(ascii: "/"): break
        case UInt8(ascii: "@"): path[0] = 0
        default: throw LibeventError("NOTIFY_SOCKET", code: EAFNOSUPPORT)
        }
        // A path needs a byte for its end.
        guard path.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else {
            throw LibeventError("NOTIFY_SOCKET", code: ENAMETOOLONG)
        }
        self.path = path
        watchdogTimeout = Self.watchdogTimeout(variable)
    }

    private static func watchdogTimeout(_ variable: (String) -> String?) -> Duration? {
        guard let microseconds = variable("WATCHDOG_USEC").flatMap({ Int64($0) }),
            microseconds > 0
        else { return nil }
        if let process = variable("WATCHDOG_PID"), Int32(process) != getpid() { return nil }
        return .microseconds(microseconds)
    }

    /// Sends a state, a line for `systemctl status`, or both in one message. May wait for a second.
    /// - Throws: when the service manager cannot be reached.
    public func send(_ state: ServiceState?, status: String? = nil) throws(LibeventError) {
        var lines = state?.lines ?? []
        if let status { lines.append("STATUS=\(Self.line(status))") }
        try send(lines.joined(separator: "\n"))
    }

    /// Returns a text on one line: a line break would begin another variable.
    private static func line(_ text: String) -> String {
        let bytes = text.utf8.prefix(statusLimit).map { $0 < 0x20 ? UInt8(ascii: " ") : $0 }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func send(_ message: String) throws(LibeventError) {
        let kind = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { throw LibeventError("socket") }
        defer { close(descriptor) }
        var timeout = Self.timeout
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, size)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path) }
        // An abstract address ends with its last byte, a path with a zero.
        let end = path.first == 0 ? 0 : 1
        let length = MemoryLayout<sa_family_t>.size + path.count + end
        let bytes = Array(message.utf8)
        let count = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe sendto(
                    descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0,
                    socklen_t(length))
            }
        }
        guard count == bytes.count else { throw LibeventError("sendto NOTIFY_SOCKET") }
    }
}
