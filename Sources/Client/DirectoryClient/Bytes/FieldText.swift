internal import Text

/// The values of HTTP fields, by ASCII rules.
extension StringProtocol {
    /// Returns whether a Content-Type names this type, whatever parameters follow it.
    /// - Parameter type: in lower case.
    func isMediaType(_ type: String) -> Bool {
        let essence = utf8.prefix { $0 != UInt8(ascii: ";") }.withoutBlanks
        return essence.lazy.map(ASCII.lowercased).elementsEqual(type.utf8)
    }

    /// Returns the items of a list that commas separate, without spaces and tabs around them.
    var commaSeparated: [String] {
        utf8.split(separator: UInt8(ascii: ",")).map {
            String(decoding: $0.withoutBlanks, as: UTF8.self)
        }
    }
}

extension BidirectionalCollection<UInt8> {
    /// Returns the bytes without spaces and tabs at both ends (OWS of RFC 9110 §5.6.3).
    var withoutBlanks: SubSequence {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        guard let start = firstIndex(where: { !isBlank($0) }),
            let last = lastIndex(where: { !isBlank($0) })
        else { return self[endIndex...] }
        return self[start...last]
    }
}
