internal import Libevent

/// The loop of the requests to other machines, with its thread. Deinitializing the object stops it.
///
/// A loop of its own, because libcurl does a whole TLS handshake in one turn and reads the
/// certificates of the system in another, which is more than a turn of a gateway's loop may cost.
final class OutboundLoop: Sendable {
    let loop: EventLoop

    /// Starts the loop.
    /// - Throws: if the system has no descriptor or thread left.
    init() throws(LibeventError) {
        loop = try EventLoop(name: "outbound")
        try loop.start()
    }

    deinit { loop.stop() }
}

/// Sends requests to one remote, over connections that are kept for the next request. From any
/// thread; it runs on the loop.
actor Fetcher {
    private let outbound: OutboundLoop
    private let connections: Int
    private var multi: CurlMulti?
    private var isClosed = false

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe outbound.loop.asUnownedSerialExecutor()
    }

    /// Makes a fetcher.
    /// - Parameter connections: the maximum number of connections; further requests wait for one.
    init(on outbound: OutboundLoop, connections: Int) {
        self.outbound = outbound
        self.connections = connections
    }

    // On the loop, because it closes the connections. No transfer runs: each retains the actor.
    isolated deinit { multi?.close() }

    /// Sends a request and returns the response. Cancelling the task cancels the request.
    func fetch(_ request: FetchRequest) async throws(FetchError) -> FetchResponse {
        guard !isClosed else { throw .cancelled }
        let multi = try openMulti()
        let transfer = try Transfer(request)
        let id = ObjectIdentifier(transfer)
        // The cancellation has a turn of its own: curl refuses to remove a transfer in one of its
        // callbacks.
        return try await withTaskCancellationHandler {
            await result(of: transfer, multi)
        } onCancel: { [loop = outbound.loop] in
            loop.execute { self.assumeIsolated { $0.multi?.cancel(id) } }
        }.get()
    }

    // A method of the actor, because a closure may run outside the loop.
    private func result(
        of transfer: Transfer, _ multi: CurlMulti
    ) async -> Result<FetchResponse, FetchError> {
        // The turn of the cancellation may have been before this one.
        guard !Task.isCancelled else { return .failure(.cancelled) }
        return await withCheckedContinuation { continuation in
            multi.start(transfer) { continuation.resume(returning: $0) }
        }
    }

    /// Cancels all requests and closes all connections. A second call does nothing.
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
