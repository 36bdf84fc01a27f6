public import Addresses

/// Connecting to a server.
extension SocketStream {
    /// Begins to connect to an address, without waiting.
    /// - Returns: a stream that is writable once it is connected, or when that has failed: await that,
    ///   and ask `connectError`.
    /// - Throws: when the system has no socket left, or refuses at once.
    public static func connect(to address: SocketAddress, loop: EventLoop)
        throws(LibeventError) -> SocketStream
    {
        do throws(SocketAddress.ConnectError) {
            return SocketStream(descriptor: try address.beginConnecting(), loop: loop)
        } catch {
            throw LibeventError(error.call, code: error.code)
        }
    }

    /// Why connecting has failed; nil when it has succeeded.
    public var connectError: LibeventError? {
        SocketAddress.connectError(of: descriptor).map {
            LibeventError($0.call, code: $0.code)
        }
    }
}
