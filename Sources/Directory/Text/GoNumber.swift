/// A double as Go's `encoding/json` writes it: the fewest digits that read back the same, without
/// an exponent from 1e-6 up to, but not including, 1e21.
enum GoNumber {
    /// Appends the number.
    static func append(_ value: Double, to out: inout [UInt8]) {
        if value.sign == .minus { out.append(UInt8(ascii: "-")) }
        let magnitude = value.magnitude
        if magnitude < 1e15, magnitude == magnitude.rounded(.down) {
            out += String(Int(magnitude)).utf8
            return
        }
        let (digits, exponent) = shortest(magnitude)
        if magnitude >= 1e-6, magnitude < 1e21 {
            appendPlain(digits, exponent, to: &out)
        } else {
            appendScientific(digits, exponent, to: &out)
        }
    }

    /// Returns the digits d₁d₂…dₙ and the exponent e of d₁.d₂…dₙ × 10ᵉ, from the standard library's
    /// own shortest representation.
    private static func shortest(_ value: Double) -> (digits: [UInt8], exponent: Int) {
        let text = Array(value.description.utf8)
        let mark = text.firstIndex(of: UInt8(ascii: "e")) ?? text.endIndex
        let point = text[..<mark].firstIndex(of: UInt8(ascii: ".")) ?? mark
        var exponent = point - 1
        if mark < text.endIndex {
            exponent += Int(String(decoding: text[(mark + 1)...], as: UTF8.self)) ?? 0
        }
        var digits = text[..<mark].filter { $0 != UInt8(ascii: ".") }[...]
        while digits.first == UInt8(ascii: "0"), digits.count > 1 {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.last == UInt8(ascii: "0"), digits.count > 1 { digits.removeLast() }
        return (Array(digits), exponent)
    }

    private static func appendScientific(
        _ digits: [UInt8], _ exponent: Int, to out: inout [UInt8]
    ) {
        out.append(digits[0])
        if digits.count > 1 {
            out.append(UInt8(ascii: "."))
            out += digits[1...]
        }
        out += "e\(exponent < 0 ? "-" : "+")\(exponent.magnitude)".utf8
    }

    private static func appendPlain(_ digits: [UInt8], _ exponent: Int, to out: inout [UInt8]) {
        if exponent < 0 {
            out += "0.".utf8
            out += repeatElement(UInt8(ascii: "0"), count: -exponent - 1)
            out += digits
        } else if digits.count <= exponent + 1 {
            out += digits
            out += repeatElement(UInt8(ascii: "0"), count: exponent + 1 - digits.count)
        } else {
            out += digits[...exponent]
            out.append(UInt8(ascii: "."))
            out += digits[(exponent + 1)...]
        }
    }
}
