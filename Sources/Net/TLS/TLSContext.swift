internal import COpenSSL
internal import Glibc

/// The certificates and rules by which a server accepts connections. Immutable: a reload makes
/// another one, and the connections of this one keep it.
///
/// Each has keys of its own for session tickets, so a client that comes back to another one makes a
/// full handshake, and its certificate is checked again.
public final class TLSContext: Sendable {
    /// A certificate in use.
    public struct LoadedCertificate: Sendable {
        /// The file it was read from.
        public let file: String
        /// The names of hosts in its subject alternative names.
        public let names: [String]
        /// The end of its validity, in seconds since 1970.
        public let expiry: Int
    }

    /// The certificates in the order of the configuration.
    public let certificates: [LoadedCertificate]
    /// The end of validity of the certificate that expires first, in seconds since 1970.
    public var earliestExpiry: Int { certificates.map(\.expiry).min() ?? .max }

    /// The context of the first certificate; the handshake changes to another one by name.
    let raw: RawContext
    private let contexts: [RawContext]
    private let names: ServerNames

    /// Loads a configuration. Reads files: some milliseconds.
    /// - Parameter unixTime: seconds since 1970, by which the validity is checked; nil: now.
    /// - Throws: all that is wrong, not only the first fault.
    public init(_ configuration: TLSConfiguration, unixTime: Int? = nil)
        throws(TLSConfigurationError)
    {
        var faults: [TLSConfigurationError.Fault] = []
        var loaded: [(pair: KeyPair, context: RawContext)] = []
        var authorities: [Certificate] = []
        do throws(TLSConfigurationError.Fault) {
            authorities = try Self.authorities(configuration)
        } catch {
            faults.append(error)
        }
        for files in configuration.certificates {
            do throws(TLSConfigurationError.Fault) {
                let pair = try KeyPair(files, unixTime: unixTime ?? time(nil))
                let context = unsafe try RawContext(TLS_server_method())
                try pair.install(in: context)
                try context.ask(configuration.clientCertificates, authorities)
                context.limitResumption()
                loaded.append((pair, context))
            } catch {
                faults.append(error)
            }
        }
        if configuration.certificates.isEmpty {
            faults.append(
                .init(.incomplete, "", "no certificate is set", remedy: "set certificate and key"))
        }
        guard faults.isEmpty, let first = loaded.first else {
            throw TLSConfigurationError(faults: faults)
        }
        raw = first.context
        contexts = loaded.map(\.context)
        names = ServerNames(
            loaded.map { ($0.pair.chain[0].dnsNames, $0.context) },
            protocols: configuration.protocols)
        names.attach(to: contexts)
        certificates = loaded.map { item in
            LoadedCertificate(
                file: item.pair.files.certificate,
                names: item.pair.chain[0].dnsNames.map { String(decoding: $0, as: UTF8.self) },
                expiry: item.pair.chain[0].expiry)
        }
    }

    private static func authorities(_ configuration: TLSConfiguration)
        throws(TLSConfigurationError.Fault) -> [Certificate]
    {
        if case .none = configuration.clientCertificates { return [] }
        guard let file = configuration.clientCA else {
            throw .init(
                .incomplete, "", "certificates of clients are asked for, and no authority is set",
                remedy: "set the file of the authority that signs them")
        }
        return try PEMFile(path: file).certificates()
    }
}

extension RawContext {
    /// Asks clients for a certificate.
    fileprivate func ask(
        _ clientCertificates: TLSConfiguration.ClientCertificates, _ authorities: [Certificate]
    ) throws(TLSConfigurationError.Fault) {
        let mode: Int32
        switch clientCertificates {
        case .none: return
        case .optional: mode = SSL_VERIFY_PEER
        case .required: mode = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
        }
        try trust(authorities)
        for authority in authorities {
            guard unsafe SSL_CTX_add_client_CA(pointer, authority.raw) == 1 else {
                throw Self.unusable()
            }
        }
        unsafe SSL_CTX_set_verify(pointer, mode, nil)
        unsafe SSL_CTX_set_session_ticket_cb(pointer, onTicketMade, onTicketUsed, nil)
    }

    /// Lets clients come back with a ticket, for an hour. Nothing is kept here for it.
    fileprivate func limitResumption() {
        unsafe SSL_CTX_ctrl(
            pointer, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
        // Without it OpenSSL refuses each resumption once it asks for certificates.
        unsafe SSL_CTX_set_session_id_context(pointer, "directory", 9)
        unsafe SSL_CTX_set_timeout(pointer, resumptionLifetime)
        // A second ticket costs 19 µs, and serves only clients that open several connections at once.
        unsafe SSL_CTX_set_num_tickets(pointer, 1)
    }
}
