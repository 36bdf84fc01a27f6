import Directory
import Events
import Records
import Text

/// Checks cids against a second reader, and that the id of an event is written as it is read.
func checkIdentifier(_ input: [UInt8]) throws {
    let given = text(input)
    try require(CID.isValid(given) == isCID(given), "two opinions about \(given)")
    try require(CID.isValid(CID.of(input)), "\(CID.of(input)) is no cid")
    if let id = EventID(given) {
        try require(
            id.description.hasBytes(of: given.lowercasedASCII), "\(given) is written \(id)")
        try require(EventID(id.description) == id, "\(id) is not read back")
    }
    if let type = EventType(name: given) {
        try require(
            [type.shortName, type.longName].contains(bytesOf: given), "\(given) is \(type)")
    }
}

/// Returns whether a text is a CIDv1 in base32, by the letter of multibase, unsigned-varint and cid:
/// slower, and over single bits.
private func isCID(_ text: String) -> Bool {
    let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
    guard text.utf8.count <= 128, text.utf8.first == UInt8(ascii: "b") else { return false }
    var bits: [Bool] = []
    for byte in text.utf8.dropFirst() {
        guard let value = alphabet.firstIndex(of: byte) else { return false }
        bits += [16, 8, 4, 2, 1].map { value & $0 != 0 }
    }
    let padding = bits.count % 8
    guard padding < 5, !bits.suffix(padding).contains(true) else { return false }
    var bytes = stride(from: 0, to: bits.count - padding, by: 8).map { start in
        bits[start..<start + 8].reduce(0) { $0 << 1 | ($1 ? 1 : 0) }
    }[...]
    var numbers: [UInt64] = []
    while numbers.count < 4 {
        let head = bytes.prefix { $0 >= 0x80 }
        guard head.count < 9, let last = bytes.dropFirst(head.count).first else { return false }
        guard head.isEmpty || last != 0 else { return false }
        numbers.append((head + [last]).reversed().reduce(0) { $0 << 7 | UInt64($1 & 0x7F) })
        bytes = bytes.dropFirst(head.count + 1)
    }
    return numbers[0] == 1 && numbers[3] > 0 && numbers[3] == UInt64(bytes.count)
}
