internal import Addresses
internal import GatewayGRPC
internal import Libevent
internal import TLS

/// Connects to the first of some addresses that accepts, and agrees on encryption. Belongs to the loop.
final class Dial: ByteStreamHandler {
    private let loop: EventLoop
    private let context: TLSClientContext?
    private let serverName: String
    private var addresses: [SocketAddress]
    private var socket: SocketStream?
    private var secure: TLSStream?
    private var reason = "it has no address"
    private var done: ((Result<any ByteStream, GRPCStatus>) -> Void)?

    /// Begins to connect.
    /// - Parameter done: called once, unless `cancel` was.
    init(
        _ addresses: [SocketAddress], loop: EventLoop, context: TLSClientContext?,
        serverName: String, done: @escaping (Result<any ByteStream, GRPCStatus>) -> Void
    ) {
        self.loop = loop
        self.context = context
        self.serverName = serverName
        self.addresses = Array(addresses.prefix(Self.addressLimit))
        self.done = done
    }

    private static let addressLimit = 4

    /// Tries the next address.
    func start() {
        while !addresses.isEmpty {
            let address = addresses.removeFirst()
            do throws(LibeventError) {
                let socket = try SocketStream.connect(to: address, loop: loop)
                self.socket = socket
                socket.handler = self
                return socket.awaitWritable()
            } catch {
                reason = "\(address): \(error)"
            }
        }
        finish(.failure(GRPCStatus(.unavailable, "the upstream cannot be reached: \(reason)")))
    }

    /// Gives up.
    func cancel() {
        done = nil
        release()?.close()
    }

    private func release() -> (any ByteStream)? {
        let stream: (any ByteStream)? = secure ?? socket
        stream?.handler = nil
        (socket, secure) = (nil, nil)
        return stream
    }

    private func finish(_ result: Result<any ByteStream, GRPCStatus>) {
        let done = done
        self.done = nil
        done?(result)
    }

    func streamIsReadable() {}

    func streamIsWritable() {
        guard let socket, secure == nil else { return }
        if let error = socket.connectError {
            reason = "\(error)"
            release()?.close()
            return start()
        }
        guard let context else {
            if let stream = release() { finish(.success(stream)) }
            return
        }
        let secure = TLSStream(socket, context: context, serverName: serverName)
        self.secure = secure
        secure.startHandshake { [weak self] failure in self?.handshakeEnded(failure) }
    }

    private func handshakeEnded(_ failure: TLSFailure?) {
        guard let secure else { return }
        if let failure {
            reason = "TLS: \(failure)"
            release()?.close()
            return start()
        }
        // A server that agrees on nothing may still speak HTTP/2: its settings will tell.
        if let name = secure.session.applicationProtocol, name != .http2 {
            reason = "TLS: the server does not offer HTTP/2"
            release()?.close()
            return start()
        }
        if let stream = release() { finish(.success(stream)) }
    }
}
