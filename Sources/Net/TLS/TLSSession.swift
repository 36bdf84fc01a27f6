internal import COpenSSL

/// The encryption of one connection, on a non-blocking socket that it does not own.
///
/// It reads and writes the socket itself, and never waits: it says for what to wait, and is to be
/// called again then. Belongs to the loop's thread.
@safe public final class TLSSession {
    /// How far a step came.
    public enum Progress: Sendable {
        /// The step is complete.
        case done
        /// Call again when the socket is readable.
        case wantsRead
        /// Call again when the socket is writable.
        case wantsWrite
        /// The connection cannot go on.
        case failed(TLSFailure)
    }

    /// What a read gave.
    public enum ReadResult: Sendable {
        /// The number of bytes read, at least one.
        case bytes(Int)
        /// The peer has ended its sending side, and sends no more. What it sent before is complete
        /// only if the protocol above says so: many clients do not announce the end.
        case ended
        /// Nothing is there. `wantsWrite`: something has to be sent first, so call again when the
        /// socket is writable; otherwise when it is readable.
        case blocked(wantsWrite: Bool)
        /// The connection cannot go on.
        case failed(TLSFailure)
    }

    let ssl: OpaquePointer
    /// The socket; −1 once `detach()` was called.
    var descriptor: Int32
    /// The context, whose objects the callbacks of OpenSSL use.
    private let context: AnyObject
    private let verifiesPeer: Bool

    /// What was staged and is not sealed and sent yet. Without memory when it is empty.
    var staged: [UInt8] = []
    /// Whether the socket took nothing at the last attempt.
    var isBlocked = false
    /// Whether the end was announced.
    var hasFinished = false
    private(set) var isEstablished = false

    /// The failure that ended the connection.
    private(set) var failure: TLSFailure?
    /// `errno` of the socket's last failure, 0 when there was none.
    var systemError: Int32 = 0
    /// Whether the socket is at its end.
    var isAtEnd = false
    var firstBytes = FirstBytes()

    /// How many records came since the last one with data for the application.
    var emptyRecordCount: UInt16 = 0
    /// A handshake has some ten; a large chain of certificates in small records needs more.
    private static let handshakeRecordLimit: UInt16 = 512
    /// KeyUpdate, the only one of a correct client, comes once in gigabytes.
    private static let emptyRecordLimit: UInt16 = 32

    /// Makes the server's side of a connection.
    public init(descriptor: Int32, context: TLSContext) {
        guard let ssl = unsafe SSL_new(context.raw.pointer) else { fatalError("out of memory") }
        unsafe self.ssl = ssl
        self.descriptor = descriptor
        self.context = context
        verifiesPeer = true
        unsafe SSL_set_accept_state(ssl)
        attachSocket()
    }

    /// Makes the client's side of a connection.
    /// - Parameter serverName: the name, or the numeric address, that the server's certificate has to
    ///   contain. A name is also sent to the server (SNI).
    public init(descriptor: Int32, context: TLSClientContext, serverName: String) {
        guard let ssl = unsafe SSL_new(context.raw.pointer) else { fatalError("out of memory") }
        unsafe self.ssl = ssl
        self.descriptor = descriptor
        self.context = context
        verifiesPeer = context.verifies
        unsafe SSL_set_connect_state(ssl)
        attachSocket()
        if !expect(serverName) {
            failure = TLSFailure(.serverName, "the server's name is not valid")
        }
    }

    deinit { unsafe SSL_free(ssl) }

    /// Whether records without data come so often that only an attacker can send them.
    var isFlooded: Bool {
        emptyRecordCount > (isEstablished ? Self.emptyRecordLimit : Self.handshakeRecordLimit)
    }

    /// Continues the handshake. Once it is done, data may be there that no event of the socket will
    /// announce: read at once.
    public func handshake() -> Progress {
        if let failure { return .failed(failure) }
        if isEstablished { return .done }
        ERR_clear_error()
        let code = unsafe SSL_do_handshake(ssl)
        guard code == 1 else { return progress(code) }
        isEstablished = true
        emptyRecordCount = 0
        return .done
    }

    /// Reads bytes that the peer has sent, of one record at most. Call it until it is blocked, or ask
    /// `hasBufferedInput`: decrypted bytes are announced by no event of the socket.
    public func read(into buffer: UnsafeMutableRawBufferPointer) -> ReadResult {
        if let failure { return .failed(failure) }
        guard isEstablished, unsafe !buffer.isEmpty else { return .blocked(wantsWrite: false) }
        ERR_clear_error()
        var count = 0
        let code = unsafe SSL_read_ex(ssl, buffer.baseAddress, buffer.count, &count)
        if code == 1 {
            emptyRecordCount = 0
            return .bytes(count)
        }
        if unsafe SSL_get_error(ssl, code) == SSL_ERROR_ZERO_RETURN { return .ended }
        switch progress(code) {
        case .done, .wantsRead: return .blocked(wantsWrite: false)
        case .wantsWrite: return .blocked(wantsWrite: true)
        case .failed(let failure): return .failed(failure)
        }
    }

    /// Whether decrypted bytes wait to be read.
    public var hasBufferedInput: Bool { unsafe SSL_pending(ssl) > 0 }

    /// What a return value of OpenSSL means. To be asked at once.
    func progress(_ code: Int32) -> Progress {
        let kind = unsafe SSL_get_error(ssl, code)
        switch kind {
        case SSL_ERROR_WANT_READ where !isFlooded: return .wantsRead
        case SSL_ERROR_WANT_WRITE: return .wantsWrite
        default:
            let failure = failure(kind)
            self.failure = failure
            return .failed(failure)
        }
    }

    private func failure(_ kind: Int32) -> TLSFailure {
        let error = OpenSSLError.take()
        if isFlooded { return TLSFailure(.flood, "too many records without data") }
        if kind == SSL_ERROR_SSL, let error {
            return TLSFailure(error, rejection: rejection, firstBytes: firstBytes)
        }
        if systemError != 0 { return TLSFailure(.disconnected, systemText(systemError)) }
        if isAtEnd { return TLSFailure(.disconnected, "the peer closed the connection") }
        return TLSFailure(.internalError, error?.text ?? "OpenSSL failed without a reason")
    }

    /// Why the peer's certificate was not accepted.
    private var rejection: String? {
        let code = unsafe SSL_get_verify_result(ssl)
        guard code != X509_V_OK, let text = unsafe X509_verify_cert_error_string(code) else {
            return nil
        }
        return unsafe String(cString: text)
    }

    /// The protocol on which both sides agreed; nil when the client offered none.
    public var applicationProtocol: ApplicationProtocol? {
        var start: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        unsafe SSL_get0_alpn_selected(ssl, &start, &count)
        let name = unsafe UnsafeBufferPointer(start: start, count: Int(count))
        return ApplicationProtocol.allCases.first { unsafe name.elementsEqual($0.bytes) }
    }

    /// The certificate of the peer, if it sent one. Decodes it at each call.
    public var peerCertificate: PeerCertificate? {
        guard isEstablished, let raw = unsafe SSL_get1_peer_certificate(ssl) else { return nil }
        return unsafe PeerCertificate(
            Certificate(owning: raw),
            isVerified: verifiesPeer && SSL_get_verify_result(ssl) == X509_V_OK)
    }

    /// Whether the handshake continued an earlier session.
    public var isResumed: Bool { unsafe SSL_session_reused(ssl) == 1 }

    /// The version of TLS, as `TLSv1.3`.
    public var version: String {
        guard let text = unsafe SSL_get_version(ssl) else { return "" }
        return unsafe String(cString: text)
    }
}
