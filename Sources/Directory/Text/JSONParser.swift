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
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            depth += 1
            guard depth <= Self.depthLimit else {
                throw error("nested more than \(Self.depthLimit) levels deep")
            }
            defer { depth -= 1 }
            offset += 1
            skipSpaces()
            return byte == UInt8(ascii: "{") ? try object() : try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), 0x30...0x39: return .number(try number())
        default: throw error("a character that cannot begin a value")
        }
    }

    /// Reads an object after its opening brace.
    private mutating func object() throws(JSONError) -> JSONValue {
        if take("}") { return .object([]) }
        let start = offset
        var members: [JSONValue.Member] = []
        members.reserveCapacity(depth == 1 ? 16 : 2)
        var isSorted = true
        repeat {
            let key = try self.key()
            let value = try self.value()
            if isSorted, let last = members.last { isSorted = last.key.precedes(bytesOf: key) }
            members.append(JSONValue.Member(key: key, value: value))
            skipSpaces()
        } while take(",")
        guard take("}") else { throw error("an object must continue with a comma or end with }") }
        if !isSorted { try sort(&members, from: start) }
        return .object(members)
    }

    /// Reads a key with its colon, up to the value.
    private mutating func key() throws(JSONError) -> String {
        skipSpaces()
        guard peek == UInt8(ascii: "\"") else { throw error("a key must be a string") }
        let key = try string()
        skipSpaces()
        guard take(":") else { throw error("a colon is missing after a key") }
        skipSpaces()
        return key
    }

    /// Brings members into the order of the bytes of their keys.
    /// - Parameter start: where the first key is, or spaces before it.
    /// - Throws: when two keys are the same.
    private func sort(_ members: inout [JSONValue.Member], from start: Int) throws(JSONError) {
        members.sort { $0.key.precedes(bytesOf: $1.key) }
        for index in members.indices.dropFirst()
        where members[index].key.hasBytes(of: members[index - 1].key) {
            throw try repeated(members[index].key, from: start)
        }
    }

    /// Returns the error for a key that appears twice in an object that could be read: finds its
    /// second place.
    private func repeated(_ key: String, from start: Int) throws(JSONError) -> JSONError {
        var (parser, places, place) = (self, 0, start)
        (parser.offset, parser.valuesLeft) = (start, .max)
        repeat {
            parser.skipSpaces()
            place = parser.offset
            if try parser.key().hasBytes(of: key) { places += 1 }
            guard places < 2 else { break }
            _ = try parser.value()
            parser.skipSpaces()
        } while parser.take(",")
        return JSONError(
            reason: "the key \"\(key.clipped(to: 64))\" appears twice in one object",
            offset: place, in: bytes)
    }

    /// Reads an array after its opening bracket.
    private mutating func array() throws(JSONError) -> JSONValue {
        if take("]") { return .array([]) }
        var elements: [JSONValue] = []
        repeat {
            skipSpaces()
            elements.append(try value())
            skipSpaces()
        } while take(",")
        guard take("]") else { throw error("an array must continue with a comma or end with ]") }
        return .array(elements)
    }

    private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONError)
        -> JSONValue
    {
        let isWord = word.withUTF8Buffer { bytes[offset...].starts(with: $0) }
        guard isWord else { throw error("an unknown word") }
        offset += word.utf8CodeUnitCount
        return value
    }

    private mutating func number() throws(JSONError) -> Double {
        let start = offset
        let isNegative = take("-")
        let first = offset
        if take("0") {
            if let byte = peek, isDigit(byte) { throw error("a number with a leading zero") }
        } else {
            try digits()
        }
        let end = offset
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        if offset == end, end - first <= Self.exactDigits {
            let value = Double(bytes[first..<end].reduce(0) { $0 * 10 + Int($1 - 0x30) })
            return isNegative ? -value : value
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        guard let value = Double(text), value.isFinite else {
            throw JSONError(reason: "a number too large for a double", offset: start, in: bytes)
        }
        return value
    }

    /// Up to this many digits, a double holds every whole number.
    private static let exactDigits = 15

    private mutating func digits() throws(JSONError) {
        guard let byte = peek, isDigit(byte) else { throw error("a digit is missing") }
        while let byte = peek, isDigit(byte) { offset += 1 }
    }

    /// Reads a string with its quotes.
    private mutating func string() throws(JSONError) -> String {
        let start = offset + 1
        var end = start
        var isASCII = true
        while end < bytes.count {
            let byte = bytes[end]
            if byte == UInt8(ascii: "\"") {
                offset = end + 1
                let text = bytes[start..<end]
                // Checking UTF-8 costs several times as much as a copy.
                if isASCII { return String(decoding: text, as: UTF8.self) }
                guard let text = String(validating: text, as: UTF8.self) else {
                    throw JSONError(reason: "invalid UTF-8 in a string", offset: start, in: bytes)
                }
                return text
            }
            if byte == UInt8(ascii: "\\") || byte < 0x20 { break }
            if byte >= 0x80 { isASCII = false }
            end += 1
        }
        return try escapedString()
    }

    /// Reads a string that has escapes, or an error.
    private mutating func escapedString() throws(JSONError) -> String {
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

    private func error(_ reason: String) -> JSONError {
        JSONError(reason: reason, offset: offset, in: bytes)
    }
}
