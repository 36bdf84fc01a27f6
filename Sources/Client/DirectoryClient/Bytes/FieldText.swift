internal import Text

/// The values of HTTP fields, by ASCII rules.
extension StringProtocol {
    /// Returns whether a Content-Type is this type, with any parameters.
    /// - Parameter type: in lower case.
    func isMediaType(_ type: String) -> Bool {
        let essence = utf8.prefix { $0 != UInt8(ascii: ";") }.trimmed
        return essence.lazy.map(ASCII.lowercased).elementsEqual(type.utf8)
    }
}

extension BidirectionalCollection<UInt8> {
    /// The bytes without spaces and tabs at both ends (OWS of RFC 9110 §5.6.3).
    var trimmed: SubSequence {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        guard let start = firstIndex(where: { !isSpace($0) }),
            let last = lastIndex(where: { !isSpace($0) })
        else { return self[endIndex...] }
        return self[start...last]
    }
}
