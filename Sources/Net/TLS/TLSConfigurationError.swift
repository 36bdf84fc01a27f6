/// Everything that is wrong with the files of a configuration.
public struct TLSConfigurationError: Error, CustomStringConvertible {
    /// The kind of a fault.
    public enum Kind: Sendable {
        /// The file cannot be read, or is far too large.
        case unreadable
        /// There is no certificate in the file.
        case noCertificate
        /// A certificate cannot be decoded.
        case badCertificate
        /// The validity of the certificate has ended.
        case expired
        /// The validity of the certificate has not begun.
        case notYetValid
        /// There is no private key in the file.
        case noKey
        /// The private key cannot be decoded.
        case badKey
        /// The private key needs a passphrase.
        case encryptedKey
        /// The key belongs to another certificate.
        case keyMismatch
        /// OpenSSL does not accept certificate or key, for example because they are too weak.
        case refused
        /// No certificate is configured, or no authority for certificates of clients.
        case incomplete
    }

    /// One thing that is wrong, as a sentence for the operator.
    public struct Fault: Error, Sendable, CustomStringConvertible {
        /// The file, as configured; empty where the fault is of no file.
        public let file: String
        /// What kind of fault it is.
        public let kind: Kind
        /// What is wrong.
        public let problem: String
        /// What the operator can do about it.
        public let remedy: String

        init(_ kind: Kind, _ file: String, _ problem: String, remedy: String) {
            self.kind = kind
            self.file = file
            self.problem = problem
            self.remedy = remedy
        }

        /// The file, the problem and the remedy.
        public var description: String {
            file.isEmpty ? "\(problem): \(remedy)" : "\(file): \(problem): \(remedy)"
        }
    }

    /// The faults, at least one.
    public let faults: [Fault]

    /// All faults in one line.
    public var description: String { faults.map(\.description).joined(separator: "; ") }
}
