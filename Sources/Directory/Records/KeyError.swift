/// Why a key or a signature cannot be used.
public enum KeyError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A key or signature of a client is invalid. `part` is `public_key`, `signature` or
    /// `algorithm`, and `reason` continues a sentence whose subject is the part.
    case invalid(part: String, reason: String)
    /// The private key cannot be used: the reason, as a clause.
    case unusable(String)

    /// The reason, as a clause in lower case.
    public var description: String {
        switch self {
        case .invalid(let part, let reason): "the \(part) \(reason)"
        case .unusable(let reason): reason
        }
    }
}
