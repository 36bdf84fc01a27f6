internal import Glibc

/// Connecting without waiting. Here, and not where sockets are watched: next to libevent's header the
/// names of the C library count as libevent's.
extension SocketAddress {
    /// The failure of a system call.
    package struct ConnectError: Error {
        /// The name of the call.
        package let call: String
        /// The value of `errno`.
        package let code: Int32
    }

    /// When the kernel asks a silent peer whether it is there (`SO_KEEPALIVE`): after 15 s, then every
    /// 5 s, three times.
    private static let probes: [(Int32, Int32)] = [
        (TCP_KEEPIDLE, 15), (TCP_KEEPINTVL, 5), (TCP_KEEPCNT, 3),
    ]

    /// Makes a socket that begins to connect to the address. Small writes are not delayed, and a peer
    /// that has vanished is noticed within half a minute.
    /// - Returns: the descriptor, non-blocking. It is writable once it is connected, or when that has
    ///   failed (`connectError`).
    /// - Throws: when the system has no socket left, or refuses at once.
    package func beginConnecting() throws(ConnectError) -> Int32 {
        let kind = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
        let descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(kind), 0)
        guard descriptor >= 0 else { throw ConnectError(call: "socket", code: errno) }
        let level = Int32(IPPROTO_TCP)
        Self.set(descriptor, level, TCP_NODELAY, 1)
        Self.set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
        for (option, value) in Self.probes { Self.set(descriptor, level, option, value) }
        let code = unsafe withSockaddr { unsafe Glibc.connect(descriptor, $0, $1) }
        guard code == 0 || errno == EINPROGRESS else {
            let error = ConnectError(call: "connect", code: errno)
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        unsafe setsockopt(
            descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Returns why a socket could not connect; nil when it could.
    package static func connectError(of descriptor: Int32) -> ConnectError? {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 else {
            return ConnectError(call: "getsockopt", code: errno)
        }
        return code == 0 ? nil : ConnectError(call: "connect", code: code)
    }
}
