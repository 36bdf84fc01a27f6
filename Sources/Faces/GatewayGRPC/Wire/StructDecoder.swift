package import Text

/// Reads `google.protobuf.Struct` as a JSON object, within the limits of `JSONParser`. Of two entries
/// with one key the last counts, as the rules of protobuf's maps say.
package struct StructDecoder {
    private let bytes: [UInt8]
    private var valuesLeft = JSONParser.standardValueLimit
    private var depth = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Reads the message in a range.
    /// - Throws: `WireError`; `GRPCStatus` for what is protobuf but no JSON.
    package static func decode(_ bytes: [UInt8], in range: Range<Int>) throws -> JSONValue {
        var decoder = StructDecoder(bytes)
        return try decoder.nested { try $0.object(range) }
    }

    private mutating func nested(_ body: (inout StructDecoder) throws -> JSONValue) throws
        -> JSONValue
    {
        depth += 1
        guard depth <= JSONParser.depthLimit else {
            throw GRPCStatus(
                .invalidArgument, "nested more than \(JSONParser.depthLimit) levels deep")
        }
        let value = try body(&self)
        depth -= 1
        return value
    }

    private mutating func object(_ range: Range<Int>) throws -> JSONValue {
        var members: [JSONValue.Member] = []
        var reader = WireReader(bytes, in: range)
        while let field = try reader.next() {
            guard field.number == 1, case .bytes(let entry) = field.value else { continue }
            members.append(try member(entry))
        }
        return .object(Self.sorted(members))
    }

    /// Returns the members in the order of the bytes of their keys, of equal keys the last.
    private static func sorted(_ members: [JSONValue.Member]) -> [JSONValue.Member] {
        // The sort is stable.
        let ordered = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        return ordered.indices.compactMap { index in
            let next = index + 1
            let isLast =
                next == ordered.count || !ordered[next].key.hasBytes(of: ordered[index].key)
            return isLast ? ordered[index] : nil
        }
    }

    private mutating func member(_ range: Range<Int>) throws -> JSONValue.Member {
        var (key, value): (String, Range<Int>?) = ("", nil)
        var reader = WireReader(bytes, in: range)
        while let field = try reader.next() {
            guard case .bytes(let part) = field.value else { continue }
            if field.number == 1 { key = try bytes.text(part) }
            if field.number == 2 { value = part }
        }
        guard let value else { return JSONValue.Member(key: key, value: try counted(.null)) }
        return JSONValue.Member(key: key, value: try self.value(value))
    }

    private mutating func counted(_ value: JSONValue) throws -> JSONValue {
        valuesLeft -= 1
        guard valuesLeft >= 0 else { throw GRPCStatus(.invalidArgument, "too many values") }
        return value
    }

    /// Reads a `google.protobuf.Value`. One without a kind is null.
    private mutating func value(_ range: Range<Int>) throws -> JSONValue {
        var last: WireReader.Field?
        var reader = WireReader(bytes, in: range)
        while let field = try reader.next() {
            if (1...6).contains(field.number) { last = field }
        }
        _ = try counted(.null)
        switch (last?.number, last?.value) {
        case (nil, _), (1, .number): return .null
        case (2, .fixed64(let bits)):
            let number = Double(bitPattern: bits)
            guard number.isFinite else {
                throw GRPCStatus(.invalidArgument, "a number that is not finite")
            }
            return .number(number)
        case (3, .bytes(let part)): return .string(try bytes.text(part))
        case (4, .number(let bit)): return .bool(bit != 0)
        case (5, .bytes(let part)): return try nested { try $0.object(part) }
        case (6, .bytes(let part)): return try nested { try $0.list(part) }
        default: throw WireError()
        }
    }

    private mutating func list(_ range: Range<Int>) throws -> JSONValue {
        var elements: [JSONValue] = []
        var reader = WireReader(bytes, in: range)
        while let field = try reader.next() {
            guard field.number == 1, case .bytes(let part) = field.value else { continue }
            elements.append(try value(part))
        }
        return .array(elements)
    }
}
