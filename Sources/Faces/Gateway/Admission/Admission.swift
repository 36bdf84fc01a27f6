internal import Addresses
internal import HTTPServer
internal import Libevent
internal import Synchronization

/// Who gets in: the one place that refuses requests and streams, and says when to come back. Can be
/// used from any thread.
final class Admission: Sendable {
    /// How a request is admitted while the gateway is full or shutting down.
    enum Kind: Sendable {
        /// An operation or a read: refused with an error.
        case operation
        /// A stream: counted, and refused softly where the client is an `EventSource`, which would
        /// not come back after an error.
        case stream
        /// Health and metrics: always admitted, because they report the state of the gateway.
        case vital
    }

    private let streams: StreamLimiter
    private let draining = Atomic(false)

    init(_ limits: StreamLimiter.Limits, perAddress: StreamLimiter.Limits) {
        streams = StreamLimiter(limits, perAddress: perAddress)
    }

    /// Whether the gateway is shutting down.
    var isDraining: Bool { draining.load(ordering: .relaxed) }

    /// Refuses new streams from now on.
    func beginDraining() { draining.store(true, ordering: .relaxed) }

    /// Checks a request.
    /// - Throws: when its connection exceeds the limits. A stream is checked by `admitStream`.
    func check(_ kind: Kind, _ peer: Peer) throws(RefusalError) {
        if kind == .operation, let reason = peer.refusal { throw RefusalError(reason: reason) }
    }

    /// Counts a stream, if there is room. The caller must call `releaseStream` at its end.
    /// - Parameter items: how many items its filter has.
    /// - Returns: the number of the stream, unique in the process.
    func admitStream(_ peer: Peer, items: Int) throws(RefusalError) -> Int {
        if isDraining { throw RefusalError(reason: .draining) }
        if let reason = peer.refusal { throw RefusalError(reason: reason) }
        return try streams.acquire(peer.key, items: items)
    }

    /// Uncounts a stream.
    /// - Parameter address: the numeric address of its client.
    func releaseStream(address: String, items: Int) {
        streams.release(AddressKey(host: address), items: items)
    }

    /// When the client of a refused request should come back, in seconds.
    static let retryAfter = 5

    /// When the client of a refused stream should come back: at different times, so that a crowd does
    /// not come back in one.
    static func streamRetry(base: Duration) -> Duration {
        base + .milliseconds(Int.random(in: 0...7000))
    }
}

extension Peer {
    /// Why requests of the connection are refused; nil when it is within the limits.
    fileprivate var refusal: Refusal? {
        switch admission {
        case .admitted: nil
        case .overLimit, .rejected: .full
        case .overAddressLimit: .tooManyFromAddress
        }
    }
}
