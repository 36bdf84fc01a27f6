internal import Text

/// A token that says nothing by itself: `dgt_` and 48 characters of base64url, which are 32 random
/// bytes and 4 bytes of their hash. The prefix lets scanners find tokens that were published by mistake;
/// the checksum tells a mistyped token from an unknown one.
///
/// The text is a secret: it is shown once, and neither stored nor logged.
public struct OpaqueToken: Sendable, CustomStringConvertible, CustomReflectable {
    /// The whole token.
    public let text: String

    /// What is stored in its place.
    public var hash: TokenHash { TokenHash(of: text.utf8) }

    /// Makes a new token with the system's random source.
    public init() {
        var random = SystemRandomNumberGenerator()
        let secret = (0..<Self.secretBytes).map { _ in UInt8.random(in: 0...255, using: &random) }
        text = Self.prefix + Base64URL.encode(secret + Self.checksum(secret))
    }

    /// Does not show the token.
    public var description: String { Self.prefix + "…" }

    /// Shows nothing of the token, also to `dump` and to failing tests.
    public var customMirror: Mirror { Mirror(self, children: []) }

    static let prefix = "dgt_"
    private static let secretBytes = 32
    private static let checksumBytes = 4

    /// Returns whether a text has the form of a token, with a correct checksum.
    static func isWellFormed(_ text: some Collection<UInt8>) -> Bool {
        guard text.count == prefix.utf8.count + 48, text.starts(with: prefix.utf8),
            let bytes = Base64URL.decode(text.dropFirst(prefix.utf8.count))
        else { return false }
        return checksum(bytes.prefix(secretBytes)).elementsEqual(bytes.suffix(checksumBytes))
    }

    private static func checksum(_ secret: some Collection<UInt8>) -> ArraySlice<UInt8> {
        TokenHash(of: Array(prefix.utf8) + secret).bytes.prefix(checksumBytes)
    }
}
