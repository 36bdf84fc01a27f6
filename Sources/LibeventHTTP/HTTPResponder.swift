public import Libevent

/// An actor pinned to a loop, which answers the requests that its loop's listener accepts.
public protocol HTTPResponder: Actor {
    /// The loop the actor runs on.
    nonisolated var loop: EventLoop { get }

    /// Answers one request. Runs on the loop until the first suspension; an exchange that is
    /// dropped unanswered is answered with 500.
    ///
    /// The task is cancelled when its client has left: at once when the connection ends, a moment
    /// later when the client has only ended its sending side. In the second case the client may
    /// still read, and what is answered reaches it.
    func respond(to exchange: consuming Exchange) async

    /// The answer to something that is no request, to an exchange that was forgotten (500), or in
    /// the place of what there is no memory for (503).
    nonisolated func response(to error: HTTPProtocolError) -> Response

    /// Accepting failed (out of descriptors, say) and rests for a moment.
    func acceptingPaused(_ error: LibeventError)

    /// A connection was closed unheard, because there was no room even to refuse it.
    func connectionRejected()

    /// Something that is no request, or that there is no memory for, was answered with `response(to:)`.
    func refused(_ error: HTTPProtocolError, from address: String)
}

extension HTTPResponder {
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.asUnownedSerialExecutor()
    }

    /// Starts an exchange from a libevent callback on the loop's thread.
    nonisolated func begin(_ connection: Connection, _ head: RequestHead) -> Task<Void, Never> {
        nonisolated(unsafe) let connection = connection
        return assumeIsolated { responder in
            Task.immediate(name: "exchange") {
                await responder.respond(to: Exchange(unsafe connection, head))
            }
        }
    }

    nonisolated func reportConnectionRejected() { assumeIsolated { $0.connectionRejected() } }

    nonisolated func reportRefusal(_ error: HTTPProtocolError, from address: String) {
        assumeIsolated { $0.refused(error, from: address) }
    }

    nonisolated func reportPause(_ error: LibeventError) {
        assumeIsolated { $0.acceptingPaused(error) }
    }
}
