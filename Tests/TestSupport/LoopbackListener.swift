import Glibc

/// Listens on 127.0.0.1, on a port that the system chooses.
/// - Returns: the socket, which the caller closes, and its port.
public func listenOnLoopback() throws -> (descriptor: Int32, port: UInt16) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, size) == 0 && listen(descriptor, 16) == 0
                && getsockname(descriptor, $0, &size) == 0
        }
    }
    guard isListening else { throw SocketClient.Failure(description: "no port: \(errno)") }
    return (descriptor, UInt16(bigEndian: address.sin_port))
}
