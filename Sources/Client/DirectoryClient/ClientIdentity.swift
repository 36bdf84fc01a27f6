internal import NIOSSL

/// A client certificate with its private key: who a client is, to a gateway that asks for it.
public struct ClientIdentity: Sendable {
    let chain: [NIOSSLCertificateSource]
    let key: NIOSSLPrivateKeySource

    /// Reads a certificate and its key.
    /// - Parameters:
    ///   - certificates: a PEM file with the certificate, then those of its issuers.
    ///   - key: a PEM file with the private key, without a password.
    /// - Throws: `DirectoryClientError.unusableFile`.
    public init(certificates: String, key: String) throws(DirectoryClientError) {
        do {
            chain = try NIOSSLCertificate.fromPEMFile(certificates).map { .certificate($0) }
        } catch { throw .unusableFile(certificates, reason: "it has no certificate in PEM") }
        guard !chain.isEmpty else {
            throw .unusableFile(certificates, reason: "it has no certificate in PEM")
        }
        do { self.key = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)) } catch {
            throw .unusableFile(key, reason: "it has no private key in PEM without a password")
        }
    }
}
