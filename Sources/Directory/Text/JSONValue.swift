/// A JSON value as the Directory sees it: numbers are doubles, as in `google.protobuf.Struct`, and
/// the members of an object stand in the order of the bytes of their keys.
public indirect enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([Member])

    /// A key and its value.
    public struct Member: Sendable {
        public let key: String
        public let value: JSONValue

        public init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// The value of a member of an object.
    public subscript(key: String) -> JSONValue? {
        members?.first { $0.key.hasBytes(of: key) }?.value
    }

    public var string: String? { if case .string(let value) = self { value } else { nil } }
    public var number: Double? { if case .number(let value) = self { value } else { nil } }
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    public var members: [Member]? { if case .object(let value) = self { value } else { nil } }

    /// What the value is, in words.
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

/// Bytes that are not JSON, or JSON that is not accepted.
public struct JSONError: Error, Equatable, CustomStringConvertible {
    /// What is wrong, in lower case without a full stop.
    public let reason: String
    /// Where, counted in bytes from 0.
    public let offset: Int

    public var description: String { "\(reason), at byte \(offset)" }
}
