internal import COpenSSL

/// A certificate with what leads to a root, and its private key: checked, and ready for use.
struct KeyPair {
    typealias Fault = TLSConfigurationError.Fault

    /// The certificate itself first.
    let chain: [Certificate]
    let key: PrivateKey
    let files: TLSConfiguration.CertificateFiles

    /// Reads and checks the files.
    /// - Parameter unixTime: seconds since 1970, by which the validity is checked.
    init(_ files: TLSConfiguration.CertificateFiles, unixTime: Int) throws(Fault) {
        self.files = files
        chain = try PEMFile(path: files.certificate).certificates()
        key = try PEMFile(path: files.key).privateKey()
        let leaf = chain[0]
        guard unsafe X509_check_private_key(leaf.raw, key.raw) == 1 else {
            ERR_clear_error()
            throw Fault(
                .keyMismatch, files.key, "the key does not belong to \(files.certificate)",
                remedy: "name the key for which the certificate was made; the certificate of the "
                    + "server is the first in its file")
        }
        guard unixTime < leaf.expiry else {
            throw Fault(
                .expired, files.certificate, "expired at \(timestamp(leaf.expiry))",
                remedy: "renew the certificate")
        }
        guard unixTime >= leaf.beginning else {
            throw Fault(
                .notYetValid, files.certificate, "not valid before \(timestamp(leaf.beginning))",
                remedy: "check the clock of this machine, or wait")
        }
    }

    /// Makes a context of OpenSSL present the certificate.
    func install(in context: RawContext) throws(Fault) {
        ERR_clear_error()
        guard unsafe SSL_CTX_use_certificate(context.pointer, chain[0].raw) == 1,
            unsafe SSL_CTX_use_PrivateKey(context.pointer, key.raw) == 1
        else { throw refusal() }
        for certificate in chain.dropFirst() {
            // With 1, the context takes a reference of its own.
            guard
                unsafe SSL_CTX_ctrl(
                    context.pointer, SSL_CTRL_CHAIN_CERT, 1,
                    UnsafeMutableRawPointer(certificate.raw)
                ) == 1
            else { throw refusal() }
        }
    }

    private func refusal() -> Fault {
        Fault(
            .refused, files.certificate, "OpenSSL refuses it (\(OpenSSLError.takeText()))",
            remedy: "make a certificate with a key of ECDSA P-256, or of RSA with 2048 bits or more"
        )
    }
}
