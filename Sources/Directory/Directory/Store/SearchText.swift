internal import Records
internal import Text

/// What a search by words looks through: name, authors, description and skills of a record, in one
/// text without upper-case ASCII letters and control characters.
enum SearchText {
    /// The most bytes of the text of one record. What is beyond them is not found: indexing must not
    /// take long.
    static let byteLimit = 16 << 10

    /// Returns the text of a record.
    /// - Parameter content: its canonical JSON.
    /// - Returns: an empty text when the content is damaged.
    static func text(of content: [UInt8]) -> String {
        guard let record = try? JSONParser.parse(content) else { return "" }
        var parts = [record["name"]?.string]
        parts += (record["authors"]?.array ?? []).map(\.string)
        parts.append(record["description"]?.string)
        parts += (record["skills"]?.array ?? []).map { $0["name"]?.string }
        var bytes: [UInt8] = []
        for part in parts.compactMap(\.self) {
            if !bytes.isEmpty { bytes.append(Self.separator) }
            bytes += part.utf8.prefix(max(0, byteLimit - bytes.count)).lazy.map(folded)
            if bytes.count >= byteLimit { break }
        }
        // Up to the last whole code point.
        if bytes.count >= byteLimit {
            while let last = bytes.last, last & 0xC0 == 0x80 { bytes.removeLast() }
            if let last = bytes.last, last >= 0xC0 { bytes.removeLast() }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Between two parts: in no word, so that no word is found across them.
    private static let separator = UInt8(ascii: "\n")

    private static func folded(_ byte: UInt8) -> UInt8 {
        byte < 0x20 || byte == 0x7F ? UInt8(ascii: " ") : ASCII.lowercased(byte)
    }

    /// Returns the words of a search, in lower case.
    static func words(_ text: String) -> [String] {
        let isSpace = { (byte: UInt8) in byte <= 0x20 || byte == 0x7F }
        return text.lowercasedASCII.utf8.split(whereSeparator: isSpace).map {
            String(Substring($0))
        }
    }
}

/// A search by words: a record matches when each word occurs in its text, in any case of the ASCII
/// letters.
struct WordSearch: Sendable {
    let words: [String]

    /// The most words, and bytes of all.
    private static let wordLimit = 16
    private static let byteLimit = 1024

    /// Reads what a client looks for.
    /// - Throws: `DirectoryError.invalid` when it is too long.
    init(_ text: String) throws(DirectoryError) {
        words = SearchText.words(text)
        guard words.count <= Self.wordLimit, text.utf8.count <= Self.byteLimit else {
            throw .invalid(
                "a search by words has \(Self.wordLimit) words and \(Self.byteLimit) bytes at most")
        }
    }

    /// Returns whether each word occurs in a text of `SearchText`.
    func matches(_ text: String) -> Bool {
        words.allSatisfy { ByteSearch($0).occurs(in: text) }
    }

    /// The query of the index: some runs of three characters, of which each must be in the record.
    /// nil when no word has three characters: the index cannot help.
    var trigrams: String? {
        var runs: [String] = []
        for word in words {
            let characters = Array(word.unicodeScalars)
            guard characters.count >= 3 else { continue }
            let count = characters.count - 2
            // Some are enough: what they find is compared in any case.
            let step = max(1, (count + Self.runsPerWord - 1) / Self.runsPerWord)
            for start in stride(from: 0, to: count, by: step) {
                var run = ""
                for character in characters[start..<start + 3] {
                    // A quote in a string of a query is written twice.
                    if character == "\"" { run.unicodeScalars.append(character) }
                    run.unicodeScalars.append(character)
                }
                runs.append("\"\(run)\"")
            }
        }
        return runs.isEmpty ? nil : runs.joined(separator: " AND ")
    }

    private static let runsPerWord = 6

    /// The words that canonical JSON has as they are; others contain what JSON escapes.
    var plainWords: [String] {
        words.filter { word in
            !word.utf8.contains { Self.escaped.contains($0) || $0 == 0xE2 }
        }
    }

    private static let escaped = Array("\"\\<>&".utf8)
}
