/// What a remote may cost: it may be slow, broken or hostile.
public struct RemoteLimits: Sendable {
    /// For a connection to come about.
    public var connectTimeout: Duration = .seconds(5)
    /// For one whole answer.
    public var requestTimeout: Duration = .seconds(30)
    /// Status lines and header fields of one answer.
    public var headBytes = 64 << 10
    public var recordBytes = 4 << 20
    public var signaturesBytes = 4 << 20
    public var listingBytes = 8 << 20
    /// JSON values in an answer.
    public var values = 500_000
    /// Connections to one remote.
    public var connections = 8

    public init() {}
}
