internal import Libevent

/// The thread on which requests to other machines run: its loop ends with the object.
///
/// A loop of its own, because libcurl does a whole TLS handshake in one turn and reads the
/// certificates of the system in another: more than a turn of a gateway's loop may cost.
final class OutboundLoop: Sendable {
    let loop: EventLoop

    /// - Throws: when the system has no descriptor or thread left.
    init() throws(LibeventError) {
        loop = try EventLoop(name: "outbound")
        try loop.start()
    }

    deinit { loop.stop() }
}

/// Fetches from one remote, over connections that are kept for the next request. From any thread;
/// the work is done on the loop.
actor Fetcher {
    private let outbound: OutboundLoop
    private let connections: Int
    private var multi: CurlMulti?
    private var isClosed = false

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe outbound.loop.asUnownedSerialExecutor()
    }

    /// - Parameter connections: how many there may be at a time; further requests wait for one.
    init(on outbound: OutboundLoop, connections: Int) {
        self.outbound = outbound
        self.connections = connections
    }

    // On the loop, because it ends the connections. No transfer runs: each holds the actor.
    isolated deinit { multi?.close() }

    /// Carries a request out. A cancelled task ends it.
    func fetch(_ request: FetchRequest) async throws(FetchError) -> FetchResponse {
        guard !isClosed else { throw .cancelled }
        let multi = try openMulti()
        let transfer = try Transfer(request)
        let id = ObjectIdentifier(transfer)
        // The cancellation comes in a turn of its own: curl refuses to remove a transfer in one of
        // its callbacks.
        return try await withTaskCancellationHandler {
            await result(of: transfer, multi)
        } onCancel: { [loop = outbound.loop] in
            loop.execute { self.assumeIsolated { $0.multi?.cancel(id) } }
        }.get()
    }

    // A method of the actor, because a closure may leave the loop.
    private func result(
        of transfer: Transfer, _ multi: CurlMulti
    ) async -> Result<FetchResponse, FetchError> {
        // The turn of the cancellation may have been before this one.
        guard !Task.isCancelled else { return .failure(.cancelled) }
        return await withCheckedContinuation { continuation in
            multi.start(transfer) { continuation.resume(returning: $0) }
        }
    }

    /// Cancels what runs and closes all connections. Closing twice does nothing.
    func close() {
        isClosed = true
        multi?.close()
        multi = nil
    }

    private func openMulti() throws(FetchError) -> CurlMulti {
        if let multi { return multi }
        do {
            let multi = try CurlMulti(loop: outbound.loop, connections: connections)
            self.multi = multi
            return multi
        } catch { throw .failed("\(error)") }
    }
}
