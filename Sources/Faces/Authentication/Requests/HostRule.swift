internal import Text

/// Which hosts a request may name while `auth.mode` is `open` on loopback. A page of the web can let its
/// own name resolve to 127.0.0.1 (DNS rebinding): then the browser takes the gateway for that page's
/// server, but the name remains in `Host`.
public struct HostRule: Sendable {
    private let allowed: [String]

    /// Makes a rule.
    /// - Parameter allowed: further names (`allowed_hosts`), with or without a port.
    public init(allowed: [String] = []) { self.allowed = allowed }

    /// Returns whether the text can be an entry of `allowed_hosts`.
    public static func isValid(_ text: String) -> Bool {
        guard let (name, port) = split(text), !name.utf8.isEmpty else { return false }
        let isName = name.utf8.allSatisfy {
            ASCII.isLetter($0) || ASCII.isDigit($0) || "-._:[]".utf8.contains($0)
        }
        return isName && port?.utf8.isEmpty != true
    }

    /// Checks the host of a request.
    /// - Parameter host: the field `Host` or the pseudo-field `:authority`; nil when there is none.
    /// - Throws: `AccessError.misdirected`.
    public func check(_ host: String?) throws(AccessError) {
        guard let host, let (name, _) = Self.split(host) else { throw .misdirected }
        if name.equalsIgnoringASCIICase("localhost") || name.hasBytes(of: "[::1]")
            || Self.isLoopbackIPv4(name)
        {
            return
        }
        guard
            allowed.contains(where: {
                $0.equalsIgnoringASCIICase(name) || $0.equalsIgnoringASCIICase(host)
            })
        else { throw .misdirected }
    }

    /// Returns the name and the port of an authority; nil when the port is not a number.
    private static func split(_ host: String) -> (name: String, port: String?)? {
        let bytes = host.utf8
        guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")), bytes.last != UInt8(ascii: "]")
        else { return (host, nil) }
        let port = bytes[bytes.index(after: colon)...]
        guard port.allSatisfy(ASCII.isDigit), port.count <= 5 else { return nil }
        return (String(Substring(bytes[..<colon])), String(Substring(port)))
    }

    /// Returns whether the text is an address of 127.0.0.0/8 in four decimal parts.
    private static func isLoopbackIPv4(_ name: String) -> Bool {
        guard name.utf8.count <= 15 else { return false }
        let parts = name.fields(on: UInt8(ascii: "."))
        guard parts.count == 4, parts[0].hasBytes(of: "127") else { return false }
        return parts.allSatisfy { part in
            (1...3).contains(part.utf8.count) && part.utf8.allSatisfy(ASCII.isDigit)
                && part.utf8.reduce(0) { $0 * 10 + Int($1 - 0x30) } <= 255
        }
    }
}
