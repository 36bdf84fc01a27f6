/// Reads JSON (RFC 8259) as strictly as upstream's protojson: no duplicate keys, no invalid UTF-8,
/// no lone surrogates, no byte order mark, no number beyond a double.
public struct JSONParser {
    /// The deepest nesting: a document must not decide how deep the stack gets.
    public static let depthLimit = 128

    /// The most values in one document of a client, with inner ones: two bytes of text can become
    /// fifty bytes of memory.
    public static let standardValueLimit = 500_000

    private let bytes: [UInt8]
    private var offset = 0
    private var depth = 0
    private var valuesLeft: Int

    /// Reads one value that fills `bytes`.
    /// - Parameter valueLimit: the most values, with inner ones.
    /// - Throws: `JSONError`, also for a document with more values.
    public static func parse(_ bytes: [UInt8], valueLimit: Int = .max) throws(JSONError)
        -> JSONValue
    {
        var parser = JSONParser(bytes: bytes, valuesLeft: valueLimit)
        parser.skipSpaces()
        guard parser.offset < bytes.count else { throw parser.error("the text is empty") }
        let value = try parser.value()
        parser.skipSpaces()
        guard parser.offset == bytes.count else { throw parser.error("text after the value") }
        return value
    }

    private init(bytes: [UInt8], valuesLeft: Int) {
        self.bytes = bytes
        self.valuesLeft = valuesLeft
    }

    private mutating func value() throws(JSONError) -> JSONValue {
        valuesLeft -= 1
        guard valuesLeft >= 0 else { throw error("too many values") }
        guard let byte = peek else { throw error("the text ends too early") }
        switch byte {
        case UInt8(ascii: "{"):
            return try nested { parser throws(JSONError) in try parser.object() }
        case UInt8(ascii: "["): return try nested { parser throws(JSONError) in try parser.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), 0x30...0x39: return .number(try number())
        default: throw error("a character that cannot begin a value")
        }
    }

    private mutating func nested(
        _ body: (inout JSONParser) throws(JSONError) -> JSONValue
    ) throws(JSONError) -> JSONValue {
        depth += 1
        guard depth <= Self.depthLimit else {
            throw error("nested more than \(Self.depthLimit) levels deep")
        }
        offset += 1
        skipSpaces()
        let value = try body(&self)
        depth -= 1
        return value
    }

    private mutating func object() throws(JSONError) -> JSONValue {
        var members: [JSONValue.Member] = []
        var starts: [Int] = []
        if take("}") { return .object([]) }
        repeat {
            skipSpaces()
            starts.append(offset)
            guard peek == UInt8(ascii: "\"") else { throw error("a key must be a string") }
            let key = try string()
            skipSpaces()
            guard take(":") else { throw error("a colon is missing after a key") }
            skipSpaces()
            members.append(JSONValue.Member(key: key, value: try value()))
            skipSpaces()
        } while take(",")
        guard take("}") else { throw error("an object must continue with a comma or end with }") }
        return .object(try sorted(members, starts))
    }

    /// Returns the members in the order of the bytes of their keys.
    /// - Throws: when two keys are the same.
    private func sorted(_ members: [JSONValue.Member], _ starts: [Int]) throws(JSONError)
        -> [JSONValue.Member]
    {
        let order = members.indices.sorted {
            members[$0].key.utf8.lexicographicallyPrecedes(members[$1].key.utf8)
        }
        for (first, second) in zip(order, order.dropFirst())
        where members[first].key.hasBytes(of: members[second].key) {
            throw JSONError(
                reason:
                    "the key \"\(members[first].key.clipped(to: 64))\" appears twice in one object",
                offset: max(starts[first], starts[second]))
        }
        return order.map { members[$0] }
    }

    private mutating func array() throws(JSONError) -> JSONValue {
        var elements: [JSONValue] = []
        if take("]") { return .array([]) }
        repeat {
            skipSpaces()
            elements.append(try value())
            skipSpaces()
        } while take(",")
        guard take("]") else { throw error("an array must continue with a comma or end with ]") }
        return .array(elements)
    }

    private mutating func literal(_ text: StaticString, _ value: JSONValue) throws(JSONError)
        -> JSONValue
    {
        let word = Array("\(text)".utf8)
        guard bytes[offset...].starts(with: word) else { throw error("an unknown word") }
        offset += word.count
        return value
    }

    private mutating func number() throws(JSONError) -> Double {
        let start = offset
        _ = take("-")
        if take("0") {
            if let byte = peek, isDigit(byte) { throw error("a number with a leading zero") }
        } else {
            try digits()
        }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        guard let value = Double(text), value.isFinite else {
            throw JSONError(reason: "a number too large for a double", offset: start)
        }
        return value
    }

    private mutating func digits() throws(JSONError) {
        guard let byte = peek, isDigit(byte) else { throw error("a digit is missing") }
        while let byte = peek, isDigit(byte) { offset += 1 }
    }

    private mutating func string() throws(JSONError) -> String {
        var text = JSONStringReader(bytes: bytes, offset: offset + 1)
        let value = try text.read()
        offset = text.offset
        return value
    }

    private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    private mutating func skipSpaces() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            offset += 1
        }
    }

    private func error(_ reason: String) -> JSONError { JSONError(reason: reason, offset: offset) }
}
