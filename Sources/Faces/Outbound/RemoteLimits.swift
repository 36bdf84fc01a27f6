/// The bounds of requests to a remote, which may be slow, broken or hostile.
public struct RemoteLimits: Sendable {
    /// For making a connection.
    public var connectTimeout: Duration = .seconds(5)
    /// For one request, including its whole response.
    public var requestTimeout: Duration = .seconds(30)
    /// Status lines and header fields of one response, in bytes.
    public var headBytes = 64 << 10
    /// The content of one record, in bytes.
    public var recordBytes = 4 << 20
    /// The signatures of one record, in bytes.
    public var signaturesBytes = 4 << 20
    /// One page of a listing, in bytes.
    public var listingBytes = 8 << 20
    /// JSON values in a response.
    public var values = 500_000
    /// Simultaneous connections to one remote.
    public var connections = 8

    /// Makes the default limits.
    public init() {}
}
