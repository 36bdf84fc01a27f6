internal import Glibc

/// The failure to resolve a host name.
public struct ResolverError: Error, CustomStringConvertible {
    /// The name, and the message of the resolver.
    public let description: String
}

extension SocketAddress {
    /// Returns the addresses of a host, in the order in which the system would try them. **Blocks**
    /// the thread, possibly for many seconds.
    /// - Parameter host: a name or a numeric address, without brackets.
    /// - Throws: `ResolverError` when the name has no address or cannot be resolved now.
    public static func resolve(host: String, port: UInt16) throws -> [SocketAddress] {
        guard !host.utf8.contains(0) else {
            throw ResolverError(description: "a host with a NUL byte in it")
        }
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else {
            throw ResolverError(
                description: "\(host): \(unsafe String(cString: gai_strerror(code)))")
        }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = unsafe list
        while let entry = unsafe next {
            let bytes = unsafe UnsafeRawBufferPointer(
                start: entry.pointee.ai_addr, count: Int(entry.pointee.ai_addrlen))
            if let address = unsafe SocketAddress(sockaddr: bytes), !addresses.contains(address) {
                addresses.append(address)
            }
            unsafe next = unsafe entry.pointee.ai_next
        }
        return addresses
    }
}
