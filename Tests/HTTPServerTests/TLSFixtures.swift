import TLS
import TestSupport

/// A certificate for `localhost` that signs itself, one for all tests of a run.
let certificate = Result { () throws -> TLSConfiguration.CertificateFiles in
    let files = try SelfSigned()
    return .init(certificate: files.certificate, key: files.key)
}
