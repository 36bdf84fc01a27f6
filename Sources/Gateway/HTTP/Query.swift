/// The query of a request, percent-decoded. A plus sign is a plus sign: key fingerprints are full of
/// them, and a blank can be written %20.
struct Query: Sendable {
    private let items: [(name: String, value: String)]

    /// - Throws: when the encoding is broken or what it encodes is not UTF-8.
    init(_ text: String?) throws(Problem) {
        var items: [(String, String)] = []
        for pair in text?.split(separator: "&") ?? [] {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = try percentDecoded(halves[0])
            let value = halves.count > 1 ? try percentDecoded(halves[1]) : ""
            items.append((name, value))
        }
        self.items = items
    }

    /// All the values of a parameter, in order.
    func values(_ name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }

    /// The items of comma-separated lists, without blanks around them and empty ones.
    func list(_ name: String) -> [String] {
        values(name).flatMap { $0.split(separator: ",") }.map { String($0.trimmed) }
            .filter { !$0.isEmpty }
    }

    /// Refuses parameters that nobody reads: a mistyped filter must not pass everything.
    func allowOnly(_ known: [String]) throws(Problem) {
        for item in items where !known.contains(item.name) {
            throw .unknownParameter(item.name, known: known)
        }
    }

    /// The one value of a parameter that must not be repeated.
    func single(_ name: String) throws(Problem) -> String? {
        let values = values(name)
        guard values.count <= 1 else {
            throw .invalid("\(name) is given \(values.count) times.", remedy: "Give it once.")
        }
        return values.first
    }

    /// How many items a page of a listing has at most.
    func limit() throws(Problem) -> Int {
        guard let text = try single("limit") else { return 100 }
        guard let number = Int(text), (1...1000).contains(number) else {
            throw .invalid("limit is '\(text)'.", remedy: "Write a number from 1 to 1000.")
        }
        return number
    }
}

/// Decodes `%xx` (RFC 3986 §2.1).
func percentDecoded(_ text: some StringProtocol) throws(Problem) -> String {
    let bytes = Array(text.utf8)
    var decoded: [UInt8] = []
    var index = 0
    while index < bytes.count {
        switch bytes[index] {
        case UInt8(ascii: "%"):
            guard index + 2 < bytes.count, let high = hex(bytes[index + 1]),
                let low = hex(bytes[index + 2])
            else {
                throw .invalid(
                    "A percent sign in the address is not followed by two hexadecimal digits.",
                    remedy: "Write a literal percent sign as %25.")
            }
            decoded.append(high << 4 | low)
            index += 3
        default:
            decoded.append(bytes[index])
            index += 1
        }
    }
    guard let text = String(validating: decoded, as: UTF8.self) else {
        throw .invalid(
            "The address encodes bytes that are not UTF-8.", remedy: "Encode the text as UTF-8.")
    }
    return text
}

private func hex(_ byte: UInt8) -> UInt8? {
    Character(Unicode.Scalar(byte)).hexDigitValue.map(UInt8.init)
}

extension StringProtocol {
    /// Without blanks at both ends.
    var trimmed: SubSequence {
        let start = firstIndex { !$0.isWhitespace } ?? endIndex
        let end = lastIndex { !$0.isWhitespace }.map(index(after:)) ?? start
        return self[start..<Swift.max(start, end)]
    }
}
