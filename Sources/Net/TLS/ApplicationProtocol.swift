/// What client and server speak inside the encryption, agreed in the handshake (ALPN, RFC 7301).
public enum ApplicationProtocol: Sendable, CaseIterable {
    /// `h2`
    case http2
    /// `http/1.1`
    case http1

    private static let http2Bytes = Array("h2".utf8)
    private static let http1Bytes = Array("http/1.1".utf8)

    /// The name in IANA's registry.
    public var name: StaticString {
        switch self {
        case .http2: "h2"
        case .http1: "http/1.1"
        }
    }

    /// The bytes of the name.
    var bytes: [UInt8] {
        switch self {
        case .http2: Self.http2Bytes
        case .http1: Self.http1Bytes
        }
    }

    /// The names as the handshake carries them: each after its length.
    static func list(_ protocols: [ApplicationProtocol]) -> [UInt8] {
        protocols.flatMap { [UInt8($0.bytes.count)] + $0.bytes }
    }
}
