/// A JSON document to write. Members keep their order.
public indirect enum JSON: Sendable {
    case string(String)
    case number(Int)
    /// A number, as its JSON text.
    case literal(String)
    case bool(Bool)
    case array([JSON])
    case object([(String, JSON)])

    /// Returns an array of strings.
    public static func strings(_ strings: [String]) -> JSON { .array(strings.map { .string($0) }) }

    /// The document in one line, without a line end.
    public var line: [UInt8] {
        var out: [UInt8] = []
        append(to: &out)
        return out
    }

    private func append(to out: inout [UInt8]) {
        switch self {
        case .string(let text): JSONText.append(text, to: &out)
        case .number(let number): out += Array(String(number).utf8)
        case .literal(let text): out += Array(text.utf8)
        case .bool(let value): out += Array((value ? "true" : "false").utf8)
        case .array(let elements):
            out.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                element.append(to: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let members):
            out.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                JSONText.append(member.0, to: &out)
                out.append(UInt8(ascii: ":"))
                member.1.append(to: &out)
            }
            out.append(UInt8(ascii: "}"))
        }
    }
}

/// Literals make documents: `["status": "ok", "count": 3]`.
extension JSON: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral,
    ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral
{
    /// Makes an object.
    public init(dictionaryLiteral members: (String, JSON)...) { self = .object(members) }

    /// Makes an array.
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }

    /// Makes a string.
    public init(stringLiteral text: String) { self = .string(text) }

    /// Makes a number.
    public init(integerLiteral number: Int) { self = .number(number) }

    /// Makes a boolean.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}
