internal import FoundationEssentials

/// Decodes JSON from a server.
///
/// `JSONDecoder` puts the names of members into a dictionary, which hashes them as `String` does: the
/// cost is the square of the number of combining marks in a name. So a document with a long name is
/// refused first; every name that a gateway sends is short.
enum ServerJSON {
    /// The document has a name that is longer than any in a response of a gateway.
    struct LongName: Error {}

    /// The most bytes of a name, with its escapes.
    private static let longestName = 128

    /// Decodes a document.
    /// - Throws: `LongName` or `DecodingError`.
    static func decode<T: Decodable>(_ type: T.Type, from json: Data) throws -> T {
        // A short document has no name that is expensive.
        if json.count > 1024, hasLongName(Array(json)) { throw LongName() }
        return try JSONDecoder().decode(type, from: json)
    }

    /// Returns whether a member has too long a name. The decoder refuses text that is not JSON.
    private static func hasLongName(_ json: [UInt8]) -> Bool {
        var index = 0
        while index < json.count {
            guard json[index] == UInt8(ascii: "\"") else {
                index += 1
                continue
            }
            let start = index + 1
            index = start
            while index < json.count, json[index] != UInt8(ascii: "\"") {
                index += json[index] == UInt8(ascii: "\\") ? 2 : 1
            }
            let length = index - start
            index += 1
            guard length > longestName else { continue }
            while index < json.count, [0x20, 0x09, 0x0A, 0x0D].contains(json[index]) { index += 1 }
            if index < json.count, json[index] == UInt8(ascii: ":") { return true }
        }
        return false
    }
}

extension KeyedDecodingContainer {
    /// Decodes a count: not negative, and small enough that sums of counts do not overflow.
    func count(_ key: Key) throws -> Int {
        let number = try decode(Int.self, forKey: key)
        guard (0...1 << 53).contains(number) else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self, debugDescription: "a count out of range")
        }
        return number
    }
}
