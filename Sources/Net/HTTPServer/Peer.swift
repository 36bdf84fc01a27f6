public import Addresses

/// The other end of a connection.
public struct Peer: Sendable {
    /// The numeric address.
    public let address: String
    /// The key of the address for limits per client.
    public let key: AddressKey
    /// Whether the connection is within the limits. If not, it ends after the next response.
    public let admission: ConnectionLimiter.Admission

    /// Makes a peer.
    public init(address: String, key: AddressKey, admission: ConnectionLimiter.Admission) {
        self.address = address
        self.key = key
        self.admission = admission
    }
}
