internal import COpenSSL

/// OpenSSL's context with the rules that hold for all connections. Not changed once it is in use,
/// and then usable by all threads.
@safe final class RawContext: Sendable {
    nonisolated(unsafe) let pointer: OpaquePointer

    /// With forward secrecy and authenticated encryption only. Those of TLS 1.2 by OpenSSL's names.
    private static let oldCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20"
    /// AES with 128 bits first: it is as safe, and costs less.
    private static let ciphers =
        "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
    private static let groups = "X25519:P-256:P-384"

    /// What a peer may send as its chain of certificates, in bytes, and how long the chain may be.
    private static let chainBytesLimit = 64 << 10
    private static let chainLimit: Int32 = 8

    /// Makes a context for TLS 1.2 and 1.3.
    init(_ method: OpaquePointer?) throws(TLSConfigurationError.Fault) {
        ERR_clear_error()
        guard let pointer = unsafe SSL_CTX_new(method) else { throw Self.unusable() }
        unsafe self.pointer = pointer
        let groups = unsafe Self.groups.withCString {
            unsafe SSL_CTX_ctrl(
                pointer, SSL_CTRL_SET_GROUPS_LIST, 0, UnsafeMutableRawPointer(mutating: $0))
        }
        guard groups == 1,
            unsafe SSL_CTX_ctrl(pointer, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
                == 1,
            unsafe SSL_CTX_ctrl(pointer, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(TLS1_3_VERSION), nil)
                == 1,
            unsafe SSL_CTX_set_cipher_list(pointer, Self.oldCiphers) == 1,
            unsafe SSL_CTX_set_ciphersuites(pointer, Self.ciphers) == 1
        else { throw Self.unusable() }
        unsafe SSL_CTX_set_options(
            pointer,
            directory_SSL_OP_NO_COMPRESSION | directory_SSL_OP_NO_RENEGOTIATION
                | directory_SSL_OP_CIPHER_SERVER_PREFERENCE | directory_SSL_OP_PRIORITIZE_CHACHA
                // Clients end the connection without close_notify. HTTP sees by itself whether a
                // message is complete, and one that has ended its sending side still reads.
                | directory_SSL_OP_IGNORE_UNEXPECTED_EOF)
        // RELEASE_BUFFERS: an idle connection holds no record buffers (22.5 KiB become 13.7). The
        // others let a record be sent again from where its bytes lie by then.
        let mode =
            SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE
            | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
        unsafe SSL_CTX_ctrl(pointer, SSL_CTRL_MODE, Int(mode), nil)
        unsafe SSL_CTX_ctrl(pointer, SSL_CTRL_SET_MAX_CERT_LIST, Self.chainBytesLimit, nil)
        unsafe SSL_CTX_set_verify_depth(pointer, Self.chainLimit)
        unsafe SSL_CTX_set_msg_callback(pointer, onMessage)
    }

    deinit { unsafe SSL_CTX_free(pointer) }

    /// Accepts certificates that lead to one of these authorities.
    func trust(_ authorities: [Certificate]) throws(TLSConfigurationError.Fault) {
        let store = unsafe SSL_CTX_get_cert_store(pointer)
        for authority in authorities {
            guard unsafe X509_STORE_add_cert(store, authority.raw) == 1 else {
                throw Self.unusable()
            }
        }
    }

    /// The fault when OpenSSL itself fails.
    static func unusable() -> TLSConfigurationError.Fault {
        TLSConfigurationError.Fault(
            .refused, "", "OpenSSL cannot be used (\(OpenSSLError.takeText()))",
            remedy: "check the OpenSSL of this machine, and its openssl.cnf")
    }
}
