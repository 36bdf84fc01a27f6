internal import Events
internal import Text

/// A token that the operator has written in `auth.tokens`, such as
/// `name=ci sha256=… scopes=events:read|records:read labels=/skills/AI expires=2027-01-01T00:00:00Z`.
///
/// The fields are separated by spaces, the items of a list by `|`. A value may be percent-encoded.
public enum FixedToken {
    /// Why an entry cannot be used. Names the field, and never shows a token.
    public struct Fault: Error, Sendable, CustomStringConvertible {
        /// The reason.
        public let description: String
    }

    private static let fields = [
        "name", "token", "sha256", "scopes", "types", "labels", "cids", "expires",
    ]

    /// The shortest token: an operator's own must not be guessed either.
    private static let shortest = 20

    /// Reads one entry.
    /// - Throws: `Fault`.
    public static func parse(_ text: String) throws(Fault) -> TokenGrant {
        let values = try values(text)
        guard let name = try values["name"].map(decoded), Subject.isName(name) else {
            throw Fault(description: "name: is missing, too long, or has control characters")
        }
        guard let scopes = values["scopes"], !scopes.isEmpty else {
            throw Fault(description: "\(name): scopes is missing")
        }
        let set: ScopeSet
        let names = try list(scopes)
        do { set = try ScopeSet(names: names) } catch {
            throw Fault(description: "\(name): \(error)")
        }
        var expires: Int64?
        if let text = values["expires"] {
            guard let time = Timestamp.parse(try decoded(text)) else {
                throw Fault(
                    description: "\(name): expires must be a time such as 2027-01-01T00:00:00Z")
            }
            expires = time
        }
        let hash = try Self.hash(values, name)
        return TokenGrant(
            id: .fixed(hash.key), name: name, hash: hash, scopes: set,
            restriction: try restriction(values, name), expires: expires)
    }

    /// Returns an entry as it may be shown: without the token, and without the hash, from which a weak
    /// token could be guessed.
    public static func redacted(_ text: String) -> String {
        text.split(on: UInt8(ascii: " ")).map { field in
            let name = field.fields(on: UInt8(ascii: "="), limit: 1)[0]
            let isShown =
                fields.contains(bytesOf: name) && !["token", "sha256"].contains(bytesOf: name)
            if isShown { return field }
            return fields.contains(bytesOf: name) ? "\(name)=…" : "…"
        }.joined(separator: " ")
    }

    private static func hash(_ values: [ExactString: String], _ name: String) throws(Fault)
        -> TokenHash
    {
        switch (values["token"], values["sha256"]) {
        case (let text?, nil):
            let token = try decoded(text)
            guard token.utf8.count >= shortest, BearerToken.isToken(token.utf8),
                !token.hasBytePrefix(OpaqueToken.prefix) || OpaqueToken.isWellFormed(token.utf8)
            else {
                throw Fault(
                    description:
                        "\(name): token must have at least \(shortest) characters, letters, digits and -._~+/ only; one that begins with dgt_ must be complete"
                )
            }
            guard !BearerToken.isJWT(token.utf8) else {
                throw Fault(
                    description: "\(name): token must not have the form of a JSON Web Token")
            }
            return TokenHash(of: token.utf8)
        case (nil, let hex?):
            guard let hash = TokenHash(hex: hex) else {
                throw Fault(description: "\(name): sha256 must be 64 hexadecimal digits")
            }
            return hash
        default: throw Fault(description: "\(name): needs token or sha256, and not both")
        }
    }

    private static func restriction(_ values: [ExactString: String], _ name: String) throws(Fault)
        -> EventFilter?
    {
        let lists = ["types", "labels", "cids"].compactMap { values[ExactString($0)] }
        guard !lists.isEmpty else { return nil }
        guard lists.allSatisfy({ !$0.isEmpty }) else {
            throw Fault(description: "\(name): an empty list would allow everything")
        }
        let types = try values["types"].map(list)
        let labels = try values["labels"].map(list)
        let cids = try values["cids"].map(list)
        do {
            return try EventFilter(restrictingTypes: types, labels: labels, cids: cids)
        } catch {
            throw Fault(description: "\(name): \(error.reason)")
        }
    }

    /// An encoded `|` is a part of an item.
    private static func list(_ text: String) throws(Fault) -> [String] {
        var items: [String] = []
        for item in text.fields(on: UInt8(ascii: "|")) { items.append(try decoded(item)) }
        return items
    }

    private static func decoded(_ text: String) throws(Fault) -> String {
        do { return try PercentCoding.decode(text.utf8) } catch {
            throw Fault(description: "a value is not percent-encoded text")
        }
    }

    /// Returns the values as they are written.

    private static func values(_ text: String) throws(Fault) -> [ExactString: String] {
        var values: [ExactString: String] = [:]
        for field in text.split(on: UInt8(ascii: " ")) {
            let parts = field.fields(on: UInt8(ascii: "="), limit: 1)
            let name = parts[0]
            guard parts.count == 2, fields.contains(bytesOf: name) else {
                // Not the text itself: it may be a token.
                throw Fault(
                    description:
                        "an entry has the fields \(fields.joined(separator: ", ")), each as name=value"
                )
            }
            guard values[ExactString(name)] == nil else {
                throw Fault(description: "the field \(name) appears twice")
            }
            values[ExactString(name)] = parts[1]
        }
        return values
    }
}
