public import TLS

/// Where another Directory is, and how it is spoken to.
public struct UpstreamConfiguration: Sendable {
    /// The host: a name, or a numeric address without brackets.
    public var host: String
    /// The port.
    public var port: UInt16
    /// How connections are encrypted; nil when they are in the clear.
    public var tls: TLSClientConfiguration?
    /// The name that the certificate has to contain; nil: the host.
    public var serverName: String?
    /// Sent as `Authorization: Bearer …`; nil: nothing is sent. A secret.
    public var token: String?
    /// The longest time of one operation.
    public var timeout: Duration = .seconds(30)
    /// The longest time until a connection can be used.
    public var connectTimeout: Duration = .seconds(5)
    /// After so much silence the server is asked whether it is there (PING). Directories end
    /// connections that ask more often than once a minute.
    public var keepalive: Duration = .seconds(75)
    /// How long the response to that may take.
    public var keepaliveTimeout: Duration = .seconds(20)
    /// The pauses between attempts to connect: at least half of the first, and at most this.
    public var retry: (first: Duration, longest: Duration) = (.milliseconds(500), .seconds(30))
    /// The most bytes of one message.
    public var messageLimit = 8 << 20
    /// What this program calls itself.
    public var userAgent = "directory-gateway"

    /// Makes a configuration for connections in the clear.
    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Host and port, as `dir.example.org:8888` or `[::1]:8888`.
    public var address: String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    private static let forbidden = Array("/[]@".utf8)

    /// Reads `host:port`, with brackets around an IPv6 address.
    /// - Returns: nil when the text is not of that form.
    public static func parse(_ text: String) -> (host: String, port: UInt16)? {
        let bytes = Array(text.utf8)
        guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")),
            let port = UInt16(String(decoding: bytes[(colon + 1)...], as: UTF8.self)), port > 0
        else { return nil }
        var host = bytes[..<colon]
        if host.first == UInt8(ascii: "["), host.last == UInt8(ascii: "]"), host.count > 2 {
            host = host.dropFirst().dropLast()
        } else if host.contains(UInt8(ascii: ":")) {
            return nil
        }
        let isVisible = host.allSatisfy { $0 > 0x20 && $0 < 0x7F && !Self.forbidden.contains($0) }
        guard !host.isEmpty, isVisible else { return nil }
        return (String(decoding: host, as: UTF8.self), port)
    }
}
