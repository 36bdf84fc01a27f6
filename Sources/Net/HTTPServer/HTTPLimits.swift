/// The limits of size, time and number for clients.
public struct HTTPLimits: Sendable {
    /// The longest request line, in bytes.
    public var requestLineBytes = 8 << 10
    /// The longest header section without the request line, in bytes.
    public var headerBytes = 16 << 10
    /// The most fields in a header or trailer section; values above 10,000 count as 10,000.
    public var headerCount = 100
    /// The time from the first byte of a request, or from the start of the connection, to the end of
    /// the header.
    public var headerDeadline: Duration = .seconds(10)
    /// The time for each 64 KiB of a body, or for its end. The same time applies to the client that
    /// reads a response. A client that exceeds it is disconnected.
    public var bodyDeadline: Duration = .seconds(30)
    /// The longest idle time of a connection between two requests.
    public var keepAliveIdle: Duration = .seconds(60)
    /// The time after which the stream of a subscriber ends whose machine acknowledges nothing: it
    /// has vanished. The end comes within 1.5 times this value. A reader that only stops reading
    /// keeps its stream. Zero leaves it to the system, which waits for about 15 minutes.
    public var peerTimeout: Duration = .seconds(60)
    /// How long the handler of a client that has ended its sending side may continue, because the
    /// client may still read its response; then the handler is cancelled.
    public var halfClosedGrace: Duration = .milliseconds(250)
    /// The most connections in total.
    public var connections = 20_000
    /// The most connections of one address, or of one IPv6 network of 64 bits.
    public var connectionsPerAddress = 20_000

    /// Makes the default limits.
    public init() {}
}
