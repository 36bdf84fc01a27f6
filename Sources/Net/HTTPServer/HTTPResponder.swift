public import Libevent
public import TLS

/// An actor pinned to a loop, which responds to the requests of its loop's listener.
public protocol HTTPResponder: Actor {
    /// The loop the actor runs on.
    nonisolated var loop: EventLoop { get }

    /// Responds to one request. Runs on the loop until its first suspension. If the exchange is
    /// destroyed without a response, the client gets 500.
    ///
    /// The task is cancelled when the client has left: at once when the connection ends, and after
    /// `HTTPLimits.halfClosedGrace` when the client has only ended its sending side. In the second
    /// case the client may still read, and a response reaches it.
    func respond(to exchange: consuming Exchange) async

    /// Returns the response to a request that cannot be parsed, to one without a response (500), or
    /// to one for which there is no memory (503).
    nonisolated func response(to error: HTTPProtocolError) -> Response

    /// Called when accepting failed, for example without descriptors, and pauses.
    func acceptingPaused(_ error: LibeventError)

    /// Called when a connection was closed without a response (`ConnectionLimiter.Admission.rejected`).
    func connectionRejected()

    /// Called when a TLS handshake has failed, with the kind of failure.
    func handshakeFailed(_ failure: TLSFailure, from address: String)

    /// Called when the connection has sent `response(to:)` instead of the response of a handler.
    func refused(_ error: HTTPProtocolError, from address: String)
}

extension HTTPResponder {
    /// The loop, as the executor of the actor.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.asUnownedSerialExecutor()
    }

    /// Starts the handler of a request from a libevent callback, on the loop's thread.
    /// - Returns: the task of the handler.
    package nonisolated func begin(_ transport: any ExchangeTransport, _ head: RequestHead)
        -> Task<Void, Never>
    {
        // Safe: the transport belongs to the loop, whose thread this is.
        nonisolated(unsafe) let transport = transport
        return assumeIsolated { responder in
            Task.immediate(name: "exchange") {
                await responder.respond(to: Exchange(unsafe transport, head))
            }
        }
    }

    package nonisolated func reportConnectionRejected() {
        assumeIsolated { $0.connectionRejected() }
    }

    nonisolated func report(_ failure: TLSFailure, from address: String) {
        assumeIsolated { $0.handshakeFailed(failure, from: address) }
    }

    package nonisolated func reportRefusal(_ error: HTTPProtocolError, from address: String) {
        assumeIsolated { $0.refused(error, from: address) }
    }

    package nonisolated func reportPause(_ error: LibeventError) {
        assumeIsolated { $0.acceptingPaused(error) }
    }
}
