public import Events

/// An item of a stream: an event, or a change of the stream itself, in the order in which they
/// happened.
public enum StreamItem: Sendable {
    /// The subscription is live: every event after this is received.
    case connected
    /// An event.
    case event(ReceivedEvent)
    /// The gateway dropped this number of events, because this client read too slowly.
    case dropped(Int)
    /// Nothing could be received between these times: the last bytes before, and the first bytes
    /// after. Microseconds since 1970 by the clock of this machine. Comes before each `connected` but
    /// the first.
    case gap(from: Int64, to: Int64)
    /// The connection was lost, and the stream will reconnect. Events in between are not received.
    case reconnecting(after: Duration, reason: String)
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
