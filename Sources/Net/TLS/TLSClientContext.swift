internal import COpenSSL
internal import Glibc

/// The rules by which a client opens connections. Immutable.
public final class TLSClientContext: Sendable {
    let raw: RawContext
    /// Whether servers have to prove who they are.
    let verifies: Bool

    /// Loads a configuration. Reads files: some milliseconds, more with the system's authorities.
    /// - Parameter unixTime: seconds since 1970, by which the validity of the client's own certificate
    ///   is checked; nil: now.
    /// - Throws: all that is wrong, not only the first fault.
    public init(_ configuration: TLSClientConfiguration, unixTime: Int? = nil)
        throws(TLSConfigurationError)
    {
        do throws(TLSConfigurationError.Fault) {
            raw = unsafe try RawContext(TLS_client_method())
            switch configuration.trust {
            case .anything: verifies = false
            case .system:
                verifies = true
                guard unsafe SSL_CTX_set_default_verify_paths(raw.pointer) == 1 else {
                    throw RawContext.unusable()
                }
            case .file(let path):
                verifies = true
                try raw.trust(PEMFile(path: path).certificates())
            }
            unsafe SSL_CTX_set_verify(
                raw.pointer, verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
            if let files = configuration.certificate {
                try KeyPair(files, unixTime: unixTime ?? time(nil)).install(in: raw)
            }
            let list = ApplicationProtocol.list(configuration.protocols)
            // It returns 0 for success, other than its neighbours.
            if !list.isEmpty,
                unsafe SSL_CTX_set_alpn_protos(raw.pointer, list, UInt32(list.count)) != 0
            {
                throw RawContext.unusable()
            }
        } catch {
            throw TLSConfigurationError(faults: [error])
        }
    }
}
