/// What a server needs to accept TLS connections: files, and rules.
public struct TLSConfiguration: Sendable {
    /// The files of one certificate; both PEM. They may be the same file.
    public struct CertificateFiles: Sendable {
        /// The certificate of the server first, then those that lead to a root.
        public var certificate: String
        /// The private key, not encrypted.
        public var key: String

        /// Names the two files.
        public init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// Whether clients prove themselves by a certificate.
    public enum ClientCertificates: Sendable {
        /// Clients are not asked for one.
        case none
        /// A client may send one. One that does not lead to `clientCA` ends the handshake.
        case optional
        /// A client without one ends the handshake.
        case required
    }

    /// The certificates, of which a client gets the first that has the name it asks for (SNI), else
    /// the first of all.
    public var certificates: [CertificateFiles]
    /// The PEM file with the authorities that may sign certificates of clients.
    public var clientCA: String?
    /// Whether clients are asked for a certificate.
    public var clientCertificates: ClientCertificates
    /// What the server speaks, the preferred protocol first.
    public var protocols: [ApplicationProtocol]

    /// Makes a configuration; `TLSContext` and `TLSStore` load its files.
    public init(
        certificates: [CertificateFiles], clientCA: String? = nil,
        clientCertificates: ClientCertificates = .none,
        protocols: [ApplicationProtocol] = [.http2, .http1]
    ) {
        self.certificates = certificates
        self.clientCA = clientCA
        self.clientCertificates = clientCertificates
        self.protocols = protocols
    }

    /// The authorities' file, unless clients are not asked for certificates.
    var usedClientCA: String? {
        if case .none = clientCertificates { return nil }
        return clientCA
    }

    /// Every file that is read.
    var files: [String] {
        certificates.flatMap { [$0.certificate, $0.key] } + (usedClientCA.map { [$0] } ?? [])
    }
}

/// What a client needs to open TLS connections.
public struct TLSClientConfiguration: Sendable {
    /// Which certificates of servers are accepted.
    public enum Trust: Sendable {
        /// Those that lead to an authority of the system.
        case system
        /// Those that lead to an authority in this PEM file.
        case file(String)
        /// All, also for another host: the connection is encrypted to an unknown peer.
        case anything
    }

    /// Which certificates of servers are accepted.
    public var trust: Trust
    /// The client's own certificate, for servers that ask for one.
    public var certificate: TLSConfiguration.CertificateFiles?
    /// What the client speaks, the preferred protocol first; empty: ALPN is left out.
    public var protocols: [ApplicationProtocol]

    /// Makes a configuration; `TLSClientContext` loads its files.
    public init(
        trust: Trust = .system, certificate: TLSConfiguration.CertificateFiles? = nil,
        protocols: [ApplicationProtocol] = []
    ) {
        self.trust = trust
        self.certificate = certificate
        self.protocols = protocols
    }
}
