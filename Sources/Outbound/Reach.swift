internal import Directory
internal import Libevent
internal import NIOCore
internal import NIOPosix

/// Finds the address of a host and whether somebody listens there, without ever blocking a thread
/// that others need, and no longer than it may.
struct Reach: Sendable {
    /// Looks a name up; blocks.
    typealias Resolve = @Sendable (String, UInt16) throws -> [Libevent.SocketAddress]

    private static let lookups = {
        let pool = NIOThreadPool(numberOfThreads: 4)
        pool.start()
        return pool
    }()

    let resolve: Resolve
    let timeout: Duration

    /// The addresses of a host.
    func addresses(_ host: String, _ port: UInt16) async throws -> [Libevent.SocketAddress] {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        return try await wait(on: loop) { [resolve] in
            Self.lookups.runIfActive(eventLoop: loop) { try resolve(host, port) }
        }
    }

    /// Whether the address takes a connection.
    /// - Throws: when it does not.
    func tryConnection(_ address: Libevent.SocketAddress) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        try await wait(on: loop) { [timeout] in
            ClientBootstrap(group: loop).connectTimeout(TimeAmount(timeout))
                .connect(host: address.host, port: Int(address.port))
                .flatMap { $0.close() }
        }
    }

    /// Waits for a future, but not beyond the timeout or the task's own end: the future may go on,
    /// nobody listens to it any more.
    private func wait<T: Sendable>(
        on loop: any NIOCore.EventLoop, _ begin: @Sendable () -> EventLoopFuture<T>
    ) async throws -> T {
        let promise = loop.makePromise(of: T.self)
        let done = begin()
        let alarm = loop.scheduleTask(in: TimeAmount(timeout)) {
            promise.fail(ChannelError.connectTimeout(TimeAmount(self.timeout)))
        }
        done.hop(to: loop).whenComplete { result in
            alarm.cancel()
            promise.completeWith(result)
        }
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            promise.fail(CancellationError())
        }
    }
}
