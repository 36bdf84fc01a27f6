public import Events

/// What a stream brings: events, and what happens to the stream itself, in the order in which it
/// happened.
public enum StreamItem: Sendable {
    /// The subscription is live: whatever happens from here on is heard.
    case connected
    case event(ReceivedEvent)
    /// This number of events was lost, because this client read too slowly.
    case dropped(Int)
    /// Between these times nothing could be received; comes before `connected` when the stream was
    /// open before. Microseconds since 1970 by this machine's clock: when the last bytes came, and
    /// when the first came again.
    case gap(from: Int64, to: Int64)
    /// The stream broke and will be tried again; what happens meanwhile is not heard.
    case reconnecting(after: Duration, reason: String)
}

/// An event as it came.
public struct ReceivedEvent: Sendable {
    /// The event's id.
    public let id: String
    /// The short name of its type; perhaps one that this version does not know.
    public let type: String
    /// The event as JSON, one line.
    public let json: [UInt8]

    /// Reads the event.
    /// - Returns: nil when it is of a type that this version does not know, or no event.
    public func decoded() -> Event? { Event(json: json) }
}
