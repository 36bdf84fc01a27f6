internal import COpenSSL

/// Why a connection cannot go on. Nothing in it is a secret, or text that the peer chose.
public struct TLSFailure: Error, Sendable, CustomStringConvertible {
    /// The kind of a failure, for metrics and decisions.
    public enum Kind: Sendable, CaseIterable {
        /// The client sent HTTP without encryption. Nothing was sent: it can be answered in the clear.
        case plainHTTP
        /// The first bytes are not of TLS. Nothing was sent.
        case notTLS
        /// The peer speaks no version of TLS that is accepted (1.2 and 1.3).
        case version
        /// The two sides have no cipher, group or signature algorithm in common.
        case algorithms
        /// The client speaks no protocol that the server speaks (ALPN).
        case applicationProtocol
        /// The client sent no certificate, and had to.
        case certificateMissing
        /// The certificate of the peer is not accepted; `reason` says why.
        case certificateRejected
        /// The peer ended the connection by an alert; `reason` names it. Often it does not trust the
        /// certificate.
        case alert
        /// The peer broke the rules of TLS, or what it sent was changed on the way.
        case protocolError
        /// The peer sent many records without any data in them (as KeyUpdate), which cost more to
        /// read than to send.
        case flood
        /// The connection ended in the handshake, or was reset.
        case disconnected
        /// The name of the server is none that a certificate can have.
        case serverName
        /// OpenSSL failed, for example because there is no memory.
        case internalError

        /// The kind as a label of a metric.
        public var name: StaticString {
            switch self {
            case .plainHTTP: "plain_http"
            case .notTLS: "not_tls"
            case .version: "version"
            case .algorithms: "algorithms"
            case .applicationProtocol: "application_protocol"
            case .certificateMissing: "certificate_missing"
            case .certificateRejected: "certificate_rejected"
            case .alert: "alert"
            case .protocolError: "protocol_error"
            case .flood: "flood"
            case .disconnected: "disconnected"
            case .serverName: "server_name"
            case .internalError: "internal_error"
            }
        }
    }

    /// What kind of failure it is.
    public let kind: Kind
    /// OpenSSL's or the system's text for it; one of a fixed set, below 100 bytes.
    public let reason: String

    /// The reason.
    public var description: String { reason }

    init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }

    /// Whether the peer has an alert to read, or a response in the clear. Then end the sending side,
    /// and read on for a moment: closing at once would reset the connection, and the peer would not
    /// see why.
    public var needsLinger: Bool {
        switch kind {
        case .disconnected, .alert: false
        default: true
        }
    }
}

extension TLSFailure {
    /// The failure for an error of OpenSSL.
    /// - Parameters:
    ///   - rejection: the text for the peer's certificate, if it was not accepted.
    ///   - firstBytes: what the peer has sent first.
    init(_ error: OpenSSLError, rejection: String?, firstBytes: FirstBytes) {
        guard error.library == ERR_LIB_SSL else {
            self.init(.internalError, error.text)
            return
        }
        switch error.reason {
        case SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST:
            self.init(.plainHTTP, "HTTP request without TLS")
        case SSL_R_WRONG_VERSION_NUMBER where firstBytes.isHTTP:
            self.init(.plainHTTP, "HTTP request without TLS")
        case SSL_R_WRONG_VERSION_NUMBER where !firstBytes.isRecord:
            self.init(.notTLS, "no TLS")
        case SSL_R_CERTIFICATE_VERIFY_FAILED:
            self.init(.certificateRejected, rejection ?? error.text)
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            self.init(.certificateMissing, error.text)
        case SSL_R_NO_APPLICATION_PROTOCOL:
            self.init(.applicationProtocol, error.text)
        case SSL_R_UNEXPECTED_EOF_WHILE_READING:
            self.init(.disconnected, error.text)
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW, SSL_R_VERSION_TOO_HIGH,
            SSL_R_UNKNOWN_PROTOCOL, SSL_R_WRONG_SSL_VERSION, SSL_R_NO_PROTOCOLS_AVAILABLE:
            self.init(.version, error.text)
        case SSL_R_NO_SHARED_CIPHER, SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM,
            SSL_R_NO_SUITABLE_KEY_SHARE, SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS,
            SSL_R_NO_SHARED_GROUPS, SSL_R_NO_SUITABLE_GROUPS:
            self.init(.algorithms, error.text)
        case Int32(ERR_R_INTERNAL_ERROR), Int32(ERR_R_MALLOC_FAILURE):
            self.init(.internalError, error.text)
        // An alert of the peer: its number is added to this one.
        case Int32(SSL_AD_REASON_OFFSET)..<Int32(SSL_AD_REASON_OFFSET) + 256:
            self.init(.alert, error.text)
        default:
            self.init(.protocolError, error.text)
        }
    }
}

/// The first bytes of a connection, by which one that is not TLS is recognised.
struct FirstBytes {
    /// As many as OpenSSL reads before it decides: the header of a record.
    static let limit = 5

    private var bytes: UInt64 = 0
    private(set) var count: UInt8 = 0

    mutating func append(_ byte: UInt8) {
        bytes |= UInt64(byte) << (8 * UInt64(count))
        count += 1
    }

    subscript(index: Int) -> UInt8 { UInt8(truncatingIfNeeded: bytes >> (8 * UInt64(index))) }

    /// Whether this is how the record of a handshake begins (RFC 8446 §5.1).
    var isRecord: Bool { count > 1 && self[0] == 22 && self[1] == 3 }

    /// Whether this is how a request of HTTP begins: a method in capitals. OpenSSL itself knows only
    /// four methods.
    var isHTTP: Bool {
        guard count == Self.limit else { return false }
        for index in 0..<Self.limit {
            if index >= 3, self[index] == UInt8(ascii: " ") { return true }
            guard (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self[index]) else {
                return false
            }
        }
        return true
    }
}
