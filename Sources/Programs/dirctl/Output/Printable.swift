extension Output {
    /// Escapes characters that would end the line, move the cursor, recolour the terminal, or reorder
    /// the text: names, labels, ids and errors come from outside.
    /// - Parameter keepsLines: keeps line feeds and tabs, for a text of several lines.
    static func printable(_ text: String, keepsLines: Bool = false) -> String {
        let isPlain = text.utf8.allSatisfy {
            (0x20...0x7E).contains($0) || (keepsLines && ($0 == 0x0A || $0 == 0x09))
        }
        if isPlain { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if keepsLines && (scalar == "\n" || scalar == "\t") || !isHidden(scalar) {
                result.append(scalar)
            } else {
                result.append(contentsOf: escape(scalar).unicodeScalars)
            }
        }
        return String(result)
    }

    /// Escapes as JSON does, so that a JSON string stays the same string.
    private static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        default:
            return UTF16.encode(scalar).map { units in
                units.map {
                    let digits = String($0, radix: 16)
                    return "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
                }.joined()
            } ?? ""
        }
    }

    /// Whether a terminal shows nothing for a character, or obeys it: controls, formats (with the
    /// bidirectional ones), line separators, and characters that are ignored by default. The
    /// variation selectors only change the look of the character before them.
    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E, 0xFE00...0xFE0F, 0xE0100...0xE01EF: return false
        default: break
        }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: return true
        default: return scalar.properties.isDefaultIgnorableCodePoint
        }
    }
}
