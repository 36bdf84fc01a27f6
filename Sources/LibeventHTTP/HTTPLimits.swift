/// How much of anything a client may ask of us, and how long it may take over it.
public struct HTTPLimits: Sendable {
    /// Longest request line, bytes.
    public var requestLineBytes = 8 << 10
    /// Longest header section without the request line, bytes.
    public var headerBytes = 16 << 10
    /// Most fields in a header or trailer section; 10,000 at most.
    public var headerCount = 100
    /// From the first byte of a request (or the connection's start) to the end of its header.
    public var headerDeadline: Duration = .seconds(10)
    /// For each 64 KiB of a body, or its end; the same for a client to take that much of an answer.
    /// Who does so within it, however slowly, is not cut; who does not, is.
    public var bodyDeadline: Duration = .seconds(30)
    /// How long a connection may rest between two requests.
    public var keepAliveIdle: Duration = .seconds(60)
    /// How long a subscriber's machine may leave unanswered what it must answer before its stream
    /// ends: it has vanished without a word. Noticed within half as much again; a reader that only
    /// stops to read stays. Zero leaves it to the system, which waits for about 15 minutes.
    public var peerTimeout: Duration = .seconds(60)
    /// How long a client that has ended its sending side is taken for one that still waits for its
    /// response; after that its handler is cancelled.
    public var halfClosedGrace: Duration = .milliseconds(250)
    /// Connections in all.
    public var connections = 20_000
    /// Connections of one address, or of one IPv6 network of 64 bits.
    public var connectionsPerAddress = 20_000

    public init() {}
}
