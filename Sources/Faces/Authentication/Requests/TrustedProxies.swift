internal import Text

/// Finds the address of the client behind proxies (`trusted_proxies`). Each proxy appends the address
/// that it was connected from, so the right-most address that is no trusted proxy is the client's; what
/// is left of it, the client may have written itself.
///
/// Addresses are bytes in network order, 4 or 16.
public struct TrustedProxies: Sendable {
    private let isTrusted: @Sendable ([UInt8]) -> Bool
    private let parse: @Sendable (String) -> [UInt8]?

    /// Makes a rule.
    /// - Parameters:
    ///   - isTrusted: returns whether an address is a trusted proxy.
    ///   - parse: reads a numeric address, IPv6 without brackets; nil when the text is none.
    public init(
        isTrusted: @escaping @Sendable ([UInt8]) -> Bool,
        parse: @escaping @Sendable (String) -> [UInt8]?
    ) {
        self.isTrusted = isTrusted
        self.parse = parse
    }

    /// The most addresses that are looked at, from the right.
    private static let hopLimit = 32

    /// Returns the address that limits and logs go by. A field that is malformed where it matters is
    /// ignored, and so are both fields when they name different clients: a proxy writes one of them,
    /// and the client could have written the other.
    /// - Parameters:
    ///   - peer: the address of the connection.
    ///   - forwardedFor: the fields `X-Forwarded-For`, in order.
    ///   - forwarded: the fields `Forwarded` (RFC 7239), in order.
    public func client(peer: [UInt8], forwardedFor: [String], forwarded: [String]) -> [UInt8] {
        guard !(forwardedFor.isEmpty && forwarded.isEmpty), isTrusted(peer) else { return peer }
        let first = client(forwardedFor) { Self.forwardedForHops($0) }
        let second = client(forwarded) { Self.forwardedHops($0) }
        guard let first, let second else {
            return (forwarded.isEmpty ? first : forwardedFor.isEmpty ? second : nil) ?? peer
        }
        return first == second ? first : peer
    }

    /// - Parameter hops: returns the texts of the addresses in a field; nil when it is malformed.
    private func client(_ fields: [String], hops: (String) -> [String?]?) -> [UInt8]? {
        guard !fields.isEmpty, let hops = hops(fields.joined(separator: ",")) else { return nil }
        var nearest: [UInt8]?
        for hop in hops.suffix(Self.hopLimit).reversed() {
            guard let hop, let address = address(hop) else { return nil }
            if !isTrusted(address) { return address }
            nearest = address
        }
        // Every hop is a trusted proxy: the first of them is the client.
        return nearest
    }

    /// Reads `192.0.2.7`, `192.0.2.7:443`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:443`.
    private func address(_ text: String) -> [UInt8]? {
        guard text.utf8.count <= 64 else { return nil }
        if text.hasBytePrefix("[") {
            let parts = String(decoding: text.utf8.dropFirst(), as: UTF8.self)
                .fields(on: UInt8(ascii: "]"), limit: 1)
            guard parts.count == 2, parts[1].isEmpty || Self.isPort(parts[1].utf8) else {
                return nil
            }
            return parse(parts[0]).flatMap { $0.count == 16 ? $0 : nil }
        }
        let colons = text.utf8.count { $0 == UInt8(ascii: ":") }
        guard colons == 1 else { return parse(text) }
        let parts = text.fields(on: UInt8(ascii: ":"))
        guard Self.isPort((":" + parts[1]).utf8) else { return nil }
        return parse(parts[0])
    }

    private static func isPort(_ text: some Collection<UInt8>) -> Bool {
        (2...6).contains(text.count) && text.first == UInt8(ascii: ":")
            && text.dropFirst().allSatisfy(ASCII.isDigit)
    }

    private static func forwardedForHops(_ field: String) -> [String?]? {
        field.fields(on: UInt8(ascii: ",")).map(\.trimmedASCII).filter { !$0.isEmpty }
    }

    /// Returns the value of `for` of each element; nil inside for an element without one.
    private static func forwardedHops(_ field: String) -> [String?]? {
        guard let elements = split(field, on: UInt8(ascii: ",")) else { return nil }
        var hops: [String?] = []
        for element in elements where !element.trimmedASCII.isEmpty {
            guard let pairs = split(element, on: UInt8(ascii: ";")) else { return nil }
            var hop: String?
            for pair in pairs where !pair.trimmedASCII.isEmpty {
                let parts = pair.trimmedASCII.fields(on: UInt8(ascii: "="), limit: 1)
                guard parts.count == 2, let value = unquoted(parts[1]) else { return nil }
                guard parts[0].equalsIgnoringASCIICase("for") else { continue }
                guard hop.isNil else { return nil }
                hop = value
            }
            hops.append(hop)
        }
        return hops
    }

    /// Splits at a separator outside of quoted strings; nil when a quote does not end.
    private static func split(_ text: String, on separator: UInt8) -> [String]? {
        var parts: [[UInt8]] = [[]]
        var (isQuoted, isEscaped) = (false, false)
        for byte in text.utf8 {
            if byte == separator, !isQuoted {
                parts.append([])
                continue
            }
            parts[parts.count - 1].append(byte)
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\"), isQuoted {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            }
        }
        return isQuoted ? nil : parts.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Returns a token, or the text of a quoted string; nil when it is neither. Escapes are errors:
    /// no address needs one.
    private static func unquoted(_ text: String) -> String? {
        let bytes = text.utf8
        guard bytes.first == UInt8(ascii: "\"") else {
            return bytes.contains(UInt8(ascii: "\"")) ? nil : text
        }
        guard bytes.count >= 2, bytes.last == UInt8(ascii: "\"") else { return nil }
        let inner = bytes.dropFirst().dropLast()
        guard !inner.contains(UInt8(ascii: "\"")), !inner.contains(UInt8(ascii: "\\")) else {
            return nil
        }
        return String(Substring(inner))
    }
}
