public import Addresses
public import TLS

/// The other end of a connection.
public struct Peer: Sendable {
    /// The numeric address.
    public let address: String
    /// The key of the address for limits per client.
    public let key: AddressKey
    /// Whether the connection is within the limits. If not, it ends after the next response.
    public let admission: ConnectionLimiter.Admission
    /// Whether the connection came to the listener for probes and scrapers.
    public var isAdmin = false
    /// What the client proved in the TLS handshake; nil without TLS.
    public var security: Security?

    /// An encrypted connection.
    public final class Security: Sendable {
        /// The certificate of the client, if it sent one.
        public let certificate: PeerCertificate?

        init(_ certificate: PeerCertificate?) { self.certificate = certificate }
    }

    /// Makes a peer.
    public init(address: String, key: AddressKey, admission: ConnectionLimiter.Admission) {
        self.address = address
        self.key = key
        self.admission = admission
    }
}
