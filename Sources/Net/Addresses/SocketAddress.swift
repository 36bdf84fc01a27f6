package import Glibc

/// An IPv4 or IPv6 address with its port.
@safe public struct SocketAddress: Sendable, Hashable, CustomStringConvertible {
    /// The numeric address, without brackets, as `inet_ntop` writes it.
    public let host: String
    /// The port, in host byte order.
    public let port: UInt16
    /// Whether the address is IPv6; otherwise it is IPv4.
    public let isIPv6: Bool

    /// Parses `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080`.
    /// - Returns: nil when the text is not of that form or the address is not numeric.
    public init?(_ text: String) {
        let text = Array(text.utf8)
        guard let colon = text.lastIndex(of: UInt8(ascii: ":")),
            let port = UInt16(String(decoding: text[(colon + 1)...], as: UTF8.self))
        else { return nil }
        var name = text[..<colon]
        if name.count >= 2, name.first == UInt8(ascii: "["), name.last == UInt8(ascii: "]") {
            name = name.dropFirst().dropLast()
        }
        if name.elementsEqual("localhost".utf8) { name = Array("127.0.0.1".utf8)[...] }
        if name.isEmpty || name.elementsEqual("*".utf8) { name = Array("0.0.0.0".utf8)[...] }
        let host = String(decoding: name, as: UTF8.self)
        guard let bytes = IPAddress.bytes(host) else { return nil }
        isIPv6 = bytes.count == 16
        self.host = host
        self.port = port
    }

    /// Reads an address from the kernel; nil when it is neither IPv4 nor IPv6.
    package init?(_ storage: sockaddr_storage) {
        var storage = storage
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        switch Int32(storage.ss_family) {
        case AF_INET:
            let address = unsafe withUnsafePointer(to: &storage) {
                unsafe $0.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { unsafe $0.pointee }
            }
            var raw = address.sin_addr
            unsafe inet_ntop(AF_INET, &raw, &text, socklen_t(text.count))
            port = UInt16(bigEndian: address.sin_port)
            isIPv6 = false
        case AF_INET6:
            let address = unsafe withUnsafePointer(to: &storage) {
                unsafe $0.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    unsafe $0.pointee
                }
            }
            var raw = address.sin6_addr
            unsafe inet_ntop(AF_INET6, &raw, &text, socklen_t(text.count))
            port = UInt16(bigEndian: address.sin6_port)
            isIPv6 = true
        default:
            return nil
        }
        let length = text.firstIndex(of: 0) ?? text.count
        host = unsafe text.withUnsafeBytes {
            unsafe String(decoding: $0.prefix(length), as: UTF8.self)
        }
    }

    /// Reads a `sockaddr` where it is in memory: a copy of the C structure would cut IPv6 short.
    /// - Returns: nil when it is of another family.
    package init?(sockaddr bytes: UnsafeRawBufferPointer) {
        var storage = sockaddr_storage()
        unsafe withUnsafeMutableBytes(of: &storage) { target in
            unsafe target.copyMemory(from: .init(rebasing: bytes.prefix(target.count)))
        }
        self.init(storage)
    }

    /// Makes an address.
    /// - Parameter host: the numeric address, without brackets.
    public init(host: String, port: UInt16, isIPv6: Bool) {
        self.host = host
        self.port = port
        self.isIPv6 = isIPv6
    }

    /// The bytes of the address, in network order: 4 or 16.
    public var bytes: [UInt8] {
        IPAddress.bytes(host) ?? Array(repeating: 0, count: isIPv6 ? 16 : 4)
    }

    /// Whether the address is a loopback address, which only this machine can reach.
    public var isLoopback: Bool {
        isIPv6 ? host.utf8.elementsEqual("::1".utf8) : host.utf8.starts(with: "127.".utf8)
    }

    /// Address and port, as `127.0.0.1:8080` or `[::1]:8080`.
    public var description: String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Calls `body` with the address as a `sockaddr`.
    package func withSockaddr<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        if isIPv6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            unsafe inet_pton(AF_INET6, host, &address.sin6_addr)
            return unsafe withUnsafePointer(to: &address) {
                unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe body($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        unsafe inet_pton(AF_INET, host, &address.sin_addr)
        return unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
