internal import COpenSSL

/// What the certificate of a peer says about it.
///
/// Names with a control character, a zero byte or an invalid encoding are left out: they could be
/// taken for others.
public struct PeerCertificate: Sendable {
    /// The URIs of the subject alternative names, such as a SPIFFE id.
    public let uris: [String]
    /// The names of hosts in the subject alternative names.
    public let dnsNames: [String]
    /// The common name of the subject.
    public let commonName: String?
    /// The end of the validity, in seconds since 1970.
    public let expiry: Int
    /// Whether it leads to an authority that this side trusts. For certificates of clients always,
    /// because the handshake fails otherwise.
    public let isVerified: Bool

    init(_ certificate: Certificate, isVerified: Bool) {
        uris = certificate.uris.compactMap(Self.ascii)
        dnsNames = certificate.dnsNames.compactMap(Self.ascii)
        commonName = certificate.commonName.flatMap(Self.text)
        expiry = certificate.expiry
        self.isVerified = isVerified
    }

    private static func ascii(_ bytes: [UInt8]) -> String? {
        guard !bytes.isEmpty, bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func text(_ bytes: [UInt8]) -> String? {
        guard !bytes.isEmpty, let text = String(validating: bytes, as: UTF8.self) else {
            return nil
        }
        // C1 controls and the line separators are controls too, whose bytes look like others.
        let isPrintable = text.unicodeScalars.allSatisfy {
            $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value)
                && !(0x2028...0x2029).contains($0.value)
        }
        return isPrintable ? text : nil
    }
}
