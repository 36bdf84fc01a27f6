/// Why a key or a signature cannot be used.
public enum KeyError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A key or signature from outside: which part (`public_key`, `signature`, `algorithm`),
    /// and what is wrong with it, as the end of a sentence.
    case invalid(part: String, reason: String)
    /// A private key: what is wrong with it, as a sentence.
    case unusable(String)

    /// What is wrong, in words.
    public var description: String {
        switch self {
        case .invalid(let part, let reason): "the \(part) \(reason)"
        case .unusable(let reason): reason
        }
    }
}
