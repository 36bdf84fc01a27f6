internal import Text

/// Items of a flag that a text is compared with: one of them has to match.
struct TextPattern: Sendable {
    /// What an item without wildcards means.
    enum Kind: Sendable {
        /// The whole text, in any case of ASCII letters.
        case whole
        /// A part of the text, in any case of ASCII letters.
        case part
        /// A part of the text; case matters.
        case exactPart
        /// The whole text; or, after `>=`, `<=`, `>`, `<` or `=`, a limit in the order of bytes.
        case ordered
    }

    private enum Item: Sendable {
        case wildcard(Wildcard)
        case part(ByteSearch)
        case foldedPart(ByteSearch)
        case limit(String, String)
    }

    private let items: [Item]

    init(_ texts: [String], _ kind: Kind) {
        items = texts.map { Self.item($0, kind) }
    }

    /// Makes a pattern of parts without wildcards, in any case of ASCII letters.
    init(words: [String]) {
        items = words.map { .foldedPart(ByteSearch($0.lowercasedASCII)) }
    }

    /// Whether an item is a limit, which a listing does not understand.
    static func isLimit(_ text: String) -> Bool {
        text.utf8.first.map { [0x3E, 0x3C, 0x3D].contains($0) } ?? false
    }

    private static func item(_ text: String, _ kind: Kind) -> Item {
        let wildcard = Wildcard(text)
        if wildcard.isPattern { return .wildcard(wildcard) }
        switch kind {
        case .whole: return .wildcard(wildcard)
        case .exactPart: return .part(ByteSearch(text))
        case .part: return .foldedPart(ByteSearch(text.lowercasedASCII))
        case .ordered:
            for sign in [">=", "<=", ">", "<", "="] where text.hasBytePrefix(sign) {
                let rest = String(decoding: text.utf8.dropFirst(sign.utf8.count), as: UTF8.self)
                return .limit(sign, rest.trimmedASCII)
            }
            return .wildcard(wildcard)
        }
    }

    /// Returns whether a text matches: one of the items, or all limits, as upstream's search.
    func matches(_ text: String) -> Bool {
        var limits: Bool?
        for item in items {
            switch item {
            case .wildcard(let wildcard): if wildcard.matches(text) { return true }
            case .part(let part): if part.occurs(in: text) { return true }
            case .foldedPart(let part): if part.occurs(in: text.lowercasedASCII) { return true }
            case .limit(let sign, let limit):
                limits = (limits ?? true) && Self.holds(text, sign, limit)
            }
        }
        return limits ?? false
    }

    /// Returns whether one of the texts matches.
    func matches(oneOf texts: [String]) -> Bool { texts.contains(where: matches) }

    private static func holds(_ text: String, _ sign: String, _ limit: String) -> Bool {
        let isBelow = text.utf8.lexicographicallyPrecedes(limit.utf8)
        let isEqual = text.hasBytes(of: limit)
        return switch sign {
        case ">=": !isBelow
        case "<=": isBelow || isEqual
        case ">": !isBelow && !isEqual
        case "<": isBelow
        default: isEqual
        }
    }
}
