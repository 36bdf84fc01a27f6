internal import Directory
internal import Text

/// Why a URL is not one of a receiver.
public struct OutboundURLError: Error, Sendable {
    /// The reason, as a clause that follows the URL.
    public let reason: String
    /// Whether the URL leads to an address that may not be reached.
    public let isForbidden: Bool

    /// Makes an error.
    public init(reason: String, isForbidden: Bool = false) {
        self.reason = reason
        self.isForbidden = isForbidden
    }
}

/// The URL of a receiver of messages: http or https, host, port, path and query (RFC 3986).
public struct OutboundURL: Sendable {
    /// Scheme, host and port.
    let authority: RemoteURL
    /// The path and the query, as they are sent.
    let target: String

    private static let longest = 2000
    /// What may follow the authority: unreserved and reserved characters without `#`, and escapes.
    private static let allowed = Set("-._~:/?@!$&'()*+,;=[]%".utf8)

    /// Parses a URL.
    public init(_ text: String) throws(OutboundURLError) {
        guard text.utf8.count <= Self.longest else {
            throw OutboundURLError(reason: "is longer than \(Self.longest) bytes")
        }
        let bytes = Array(text.utf8)
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            bytes[colon...].starts(with: "://".utf8)
        else {
            throw OutboundURLError(reason: "is no URL such as https://example.org/hook")
        }
        let end = bytes[(colon + 3)...].firstIndex { "/?#".utf8.contains($0) } ?? bytes.count
        do { authority = try RemoteURL(String(decoding: bytes[..<end], as: UTF8.self)) } catch {
            throw OutboundURLError(
                reason: "must begin with http:// or https://, and have a host and no password")
        }
        let rest = bytes[end...]
        guard !rest.contains(UInt8(ascii: "#")) else {
            throw OutboundURLError(reason: "must have no fragment ('#')")
        }
        guard
            rest.allSatisfy({
                ASCII.isLetter($0) || ASCII.isDigit($0) || Self.allowed.contains($0)
            })
        else {
            throw OutboundURLError(
                reason: "has a character in its path or query that must be percent-encoded")
        }
        let slash = rest.first == UInt8(ascii: "/") ? "" : "/"
        target = slash + String(decoding: rest, as: UTF8.self)
    }

    /// The host, in lower case.
    var host: String { authority.host }

    /// The URL in its normal form.
    public var description: String { "\(authority)\(target)" }
}
