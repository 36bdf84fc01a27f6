/// A parsed JSON value. Numbers are doubles, as in `google.protobuf.Struct`, and the members of an
/// object are in the order of the bytes of their keys.
public enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([Member])

    /// A key and its value.
    public struct Member: Sendable {
        /// The key.
        public let key: String
        /// The value.
        public let value: JSONValue

        /// Makes a member.
        public init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// Returns the value of a member; nil when there is none, or the value is not an object.
    public subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        for member in members where member.key.hasBytes(of: key) { return member.value }
        return nil
    }

    /// The text of a string; nil for other values.
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    /// The number; nil for other values.
    public var number: Double? { if case .number(let value) = self { value } else { nil } }
    /// The boolean; nil for other values.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The elements of an array; nil for other values.
    public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    /// The members of an object; nil for other values.
    public var members: [Member]? { if case .object(let value) = self { value } else { nil } }

    /// The kind of the value, for messages: `a string`.
    public var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// Why bytes are not accepted as JSON.
public struct JSONError: Error, Equatable, CustomStringConvertible {
    /// The reason, as a clause in lower case.
    public let reason: String
    /// The place, in bytes from 0.
    public let offset: Int
    /// The same place, as people count.
    public let place: TextPlace

    init(reason: String, offset: Int, in text: [UInt8]) {
        self.reason = reason
        self.offset = offset
        place = TextPlace(of: offset, in: text)
    }

    /// The reason and the place.
    public var description: String { "\(reason), at \(place)" }
}

/// A place in a text.
public struct TextPlace: Equatable, Sendable, CustomStringConvertible {
    /// The number of the line, from 1. A line ends with LF.
    public let line: Int
    /// The number of the code point in the line, from 1.
    public let column: Int

    /// Finds the place of a byte. Costs O(n).
    init(of offset: Int, in text: [UInt8]) {
        let before = text.prefix(offset)
        line = before.count { $0 == 0x0A } + 1
        let start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        column = before[start...].count { $0 & 0xC0 != 0x80 } + 1
    }

    /// The place in words.
    public var description: String { "line \(line), column \(column)" }
}
