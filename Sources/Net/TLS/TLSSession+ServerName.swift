internal import COpenSSL

extension TLSSession {
    /// The longest name of a host (RFC 1035 §2.3.4).
    private static let nameLimit = 253

    /// Demands that the server's certificate contains a name or a numeric address.
    /// - Returns: false when no certificate can contain it.
    func expect(_ serverName: String) -> Bool {
        let bytes = serverName.utf8
        // OpenSSL takes text up to a zero byte: it would check another name than the one given.
        guard !bytes.isEmpty, bytes.count <= Self.nameLimit,
            bytes.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return false }
        let rules = unsafe SSL_get0_param(ssl)
        // An address is not sent (RFC 6066 §3), and is compared with the addresses of a certificate.
        if unsafe X509_VERIFY_PARAM_set1_ip_asc(rules, serverName) == 1 { return true }
        unsafe X509_VERIFY_PARAM_set_hostflags(
            rules,
            UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT))
        guard unsafe SSL_set1_host(ssl, serverName) == 1 else { return false }
        return unsafe serverName.withCString {
            unsafe SSL_ctrl(
                ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name),
                UnsafeMutableRawPointer(mutating: $0)) == 1
        }
    }
}
