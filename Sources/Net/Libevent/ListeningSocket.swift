public import Addresses
internal import CLibevent
internal import Glibc

/// A listening socket that another process has opened for this one, such as a service manager.
/// Can be used from any thread.
public struct ListeningSocket: Sendable {
    /// The number of the descriptor. The process has it until `close()`.
    public let descriptor: Int32
    /// The address that it listens on.
    public let address: SocketAddress

    /// Takes a descriptor that the process has inherited, and closes it to the programs that this
    /// one starts.
    /// - Returns: nil when it is not a socket that listens for TCP connections.
    public init?(inherited descriptor: Int32) {
        guard Self.option(descriptor, SO_ACCEPTCONN) == 1,
            Self.option(descriptor, SO_TYPE) == Int32(SOCK_STREAM.rawValue),
            let address = Listener.boundAddress(descriptor)
        else { return nil }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        self.descriptor = descriptor
        self.address = address
    }

    /// Closes the descriptor. Listeners that share the socket have their own.
    public func close() { Glibc.close(descriptor) }

    /// Returns another descriptor of the socket, which does not block.
    func duplicate() throws(LibeventError) -> Int32 {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw LibeventError("fcntl") }
        // One that blocked would block the loop when another one was faster.
        _ = fcntl(copy, F_SETFL, fcntl(copy, F_GETFL) | O_NONBLOCK)
        return copy
    }

    /// Returns the value of an option of the socket; nil for what is not a socket.
    private static func option(_ descriptor: Int32, _ name: Int32) -> Int32? {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        let code = unsafe getsockopt(descriptor, SOL_SOCKET, name, &value, &size)
        return code == 0 ? value : nil
    }
}
