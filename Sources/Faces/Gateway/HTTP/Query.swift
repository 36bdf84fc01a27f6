internal import Text

/// The query of a request, percent-decoded. A plus sign is not decoded as a space: key
/// fingerprints contain plus signs. A space is written %20.
struct Query: Sendable {
    private let items: [(name: ExactString, value: String)]

    /// - Throws: when the encoding is broken or what it encodes is not UTF-8.
    init(_ text: String?) throws(Problem) {
        var items: [(ExactString, String)] = []
        for pair in text?.split(on: UInt8(ascii: "&")) ?? [] {
            let halves = pair.fields(on: UInt8(ascii: "="), limit: 1)
            let name = try percentDecoded(halves[0])
            let value = halves.count > 1 ? try percentDecoded(halves[1]) : ""
            items.append((ExactString(name), value))
        }
        self.items = items
    }

    /// Whether there are no parameters.
    var isEmpty: Bool { items.isEmpty }

    /// Returns all the values of a parameter, in order.
    func values(_ name: ExactString) -> [String] {
        items.filter { $0.name == name }.map(\.value)
    }

    /// Returns the items of comma-separated lists, without spaces around them and empty ones.
    func list(_ name: ExactString) -> [String] {
        values(name).flatMap { $0.split(on: UInt8(ascii: ",")) }.map(\.trimmedASCII)
            .filter { !$0.isEmpty }
    }

    /// Refuses unknown parameters: a mistyped filter must not match everything.
    func allowOnly(_ known: [String]) throws(Problem) {
        for item in items where !known.contains(bytesOf: item.name.string) {
            throw .unknownParameter(item.name.string, known: known)
        }
    }

    /// Returns the one value of a parameter that must not be repeated.
    func single(_ name: ExactString) throws(Problem) -> String? {
        let values = values(name)
        guard values.count <= 1 else {
            throw .invalid(
                "The parameter \(name) appears \(values.count) times.", remedy: "Give it once.")
        }
        return values.first
    }

    /// Returns how many items a page of a listing has at most.
    func limit() throws(Problem) -> Int {
        guard let text = try single("limit") else { return 100 }
        guard let number = Int(text), (1...1000).contains(number) else {
            throw .invalid(
                "The parameter limit is '\(text.clipped(to: 64))'.",
                remedy: "Use a number from 1 to 1000.")
        }
        return number
    }
}

/// Decodes `%xx` (RFC 3986 §2.1).
func percentDecoded(_ text: String) throws(Problem) -> String {
    do {
        return try PercentCoding.decode(text.utf8)
    } catch {
        switch error {
        case .brokenEscape:
            throw .invalid(
                "A percent sign in the address is not followed by two hexadecimal digits.",
                remedy: "Write a literal percent sign as %25.")
        case .notUTF8:
            throw .invalid(
                "The address encodes bytes that are not UTF-8.", remedy: "Encode the text as UTF-8."
            )
        }
    }
}
