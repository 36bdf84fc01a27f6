public import Events

/// An item of a stream: an event, or a change of the stream itself, in the order in which they
/// happened.
public enum StreamItem: Sendable {
    /// The subscription is live: every event after this is received, or reported as dropped.
    case connected
    /// An event.
    case event(ReceivedEvent)
    /// The gateway dropped this number of events, because this client read too slowly.
    case dropped(Int)
    /// What happened before this cannot be known; the stream goes on live.
    case reset(StreamReset)
    /// Nothing could be received between these times, and it is not repeated: the last bytes before,
    /// and the first bytes after. Microseconds since 1970 by the clock of this machine. Comes before
    /// the `reset` that says why.
    case gap(from: Int64, to: Int64)
    /// The connection was lost, and the stream will reconnect. Events in between are received then
    /// when the gateway keeps an event log; otherwise a `reset` follows.
    case reconnecting(after: Duration, reason: String)
}

/// Why a gateway cannot say what a client has missed.
public struct StreamReset: Sendable, Equatable {
    /// `history-off` (it keeps no event log), `evicted` (the events are no longer kept), `unknown-id`,
    /// `upstream-lost` (the Directory behind it was away), or a cause of a later version.
    public let cause: String
    /// The id of the oldest event that is kept; nil when there is none.
    public let oldestID: String?

    /// Makes a reset.
    public init(cause: String, oldestID: String? = nil) {
        self.cause = cause
        self.oldestID = oldestID
    }
}

/// An event that is not decoded yet.
public struct ReceivedEvent: Sendable {
    /// The id.
    public let id: String
    /// The short name of its type; perhaps one that this version does not know.
    public let type: String
    /// The event as JSON, one line.
    public let json: [UInt8]

    /// Decodes the event.
    /// - Returns: nil when it has a type that this version does not know, or is not an event.
    public func decoded() -> Event? { Event(json: json) }
}
