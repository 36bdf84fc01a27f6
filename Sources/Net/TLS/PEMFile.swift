internal import COpenSSL
internal import Glibc

/// A PEM file in memory, read once, so that all that is taken from it is of one version of the file.
@safe final class PEMFile {
    typealias Fault = TLSConfigurationError.Fault

    /// As configured.
    let path: String
    private let bytes: UnsafeMutableRawBufferPointer
    private var count = 0

    /// Far above any chain or list of authorities.
    private static let limit = 1 << 20

    /// Reads a file.
    init(path: String) throws(Fault) {
        self.path = path
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        let openError = errno
        var status = stat()
        // Not grown while it is read: no copy of a key stays behind.
        unsafe bytes = .allocate(byteCount: Self.limit + 1, alignment: 1)
        guard descriptor >= 0 else { throw unreadable(systemText(openError)) }
        defer { close(descriptor) }
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw unreadable("not a file")
        }
        while unsafe count < bytes.count {
            let part = unsafe read(
                descriptor, bytes.baseAddress?.advanced(by: count), bytes.count - count)
            if part < 0, errno == EINTR { continue }
            guard part >= 0 else { throw unreadable(systemText(errno)) }
            if part == 0 { break }
            count += part
        }
        guard count <= Self.limit else { throw unreadable("larger than \(Self.limit) bytes") }
    }

    deinit {
        unsafe OPENSSL_cleanse(bytes.baseAddress, count)
        unsafe bytes.deallocate()
    }

    /// Reads all certificates, at least one.
    func certificates() throws(Fault) -> [Certificate] {
        let source = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(count))
        defer { unsafe BIO_free(source) }
        ERR_clear_error()
        var all: [Certificate] = []
        while let raw = unsafe PEM_read_bio_X509(source, nil, nil, nil) {
            unsafe all.append(Certificate(owning: raw))
        }
        // What ends the loop is the end of the file, or a certificate that is none.
        let error = OpenSSLError.take()
        guard let error, error.library == ERR_LIB_PEM, error.reason == PEM_R_NO_START_LINE else {
            throw Fault(
                .badCertificate, path,
                "certificate \(all.count + 1) cannot be read (\(error?.text ?? "no reason given"))",
                remedy: "write it as PEM, in full")
        }
        guard !all.isEmpty else {
            throw Fault(
                .noCertificate, path, "no certificate in it",
                remedy: "name a PEM file with a line -----BEGIN CERTIFICATE-----")
        }
        return all
    }

    /// Reads the private key.
    func privateKey() throws(Fault) -> PrivateKey {
        let source = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(count))
        defer { unsafe BIO_free(source) }
        ERR_clear_error()
        var wasAsked = false
        let raw = unsafe withUnsafeMutablePointer(to: &wasAsked) {
            unsafe PEM_read_bio_PrivateKey(source, nil, onPassphrase, $0)
        }
        if let raw = unsafe raw {
            ERR_clear_error()
            return unsafe PrivateKey(owning: raw)
        }
        let error = OpenSSLError.take()
        if wasAsked {
            throw Fault(
                .encryptedKey, path, "the private key is encrypted",
                remedy: "store it without a passphrase (openssl pkey -in … -out …), readable for "
                    + "the gateway alone")
        }
        // OpenSSL's error is the same for another kind of content and for a broken key.
        if !hasBytes(of: "PRIVATE KEY-----") {
            throw Fault(
                .noKey, path, "no private key in it",
                remedy: "name a PEM file with a line -----BEGIN PRIVATE KEY-----")
        }
        throw Fault(
            .badKey, path, "the private key cannot be read (\(error?.text ?? "no reason given"))",
            remedy: "write it as PEM, in full")
    }

    private func hasBytes(of text: String) -> Bool {
        unsafe bytes.prefix(count).firstRange(of: Array(text.utf8)) != nil
    }

    private func unreadable(_ reason: String) -> Fault {
        Fault(
            .unreadable, path, "cannot be read (\(reason))",
            remedy: "check the path, and that the gateway may read the file")
    }
}

/// The system's text for a value of `errno`.
func systemText(_ code: Int32) -> String {
    guard let text = unsafe strerror(code) else { return "error \(code)" }
    return unsafe String(cString: text)
}

/// Records that OpenSSL needs a passphrase, and gives none: without this it would ask the terminal.
@c private func onPassphrase(
    _: UnsafeMutablePointer<CChar>?, _: Int32, _: Int32, wasAsked: UnsafeMutableRawPointer?
) -> Int32 {
    unsafe wasAsked?.assumingMemoryBound(to: Bool.self).pointee = true
    return -1
}
