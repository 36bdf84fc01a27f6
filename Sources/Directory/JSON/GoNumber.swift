/// A double as Go's `encoding/json` writes it: the fewest digits that read back the same, without
/// an exponent from 1e-6 up to, but not including, 1e21.
enum GoNumber {
    static func format(_ value: Double) -> String {
        if value == 0 { return value.sign == .minus ? "-0" : "0" }
        let (digits, exponent) = shortest(value.magnitude)
        let sign = value < 0 ? "-" : ""
        guard value.magnitude >= 1e-6, value.magnitude < 1e21 else {
            return sign + scientific(digits, exponent)
        }
        return sign + plain(digits, exponent)
    }

    /// The digits d₁d₂…dₙ and the exponent e of d₁.d₂…dₙ × 10ᵉ, from the standard library's own
    /// shortest representation.
    private static func shortest(_ value: Double) -> (digits: String, exponent: Int) {
        let halves = value.description.split(separator: "e")
        let mantissa = halves[0].split(separator: ".")
        let whole = mantissa[0]
        let fraction = mantissa.count > 1 ? mantissa[1] : ""
        var exponent = (halves.count > 1 ? Int(halves[1]) ?? 0 : 0) + whole.count - 1
        var digits = Substring(whole + fraction)
        while digits.first == "0", digits.count > 1 {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.last == "0", digits.count > 1 { digits.removeLast() }
        return (String(digits), exponent)
    }

    private static func scientific(_ digits: String, _ exponent: Int) -> String {
        let rest = digits.dropFirst()
        let mantissa = rest.isEmpty ? digits : "\(digits.prefix(1)).\(rest)"
        return "\(mantissa)e\(exponent < 0 ? "-" : "+")\(abs(exponent))"
    }

    private static func plain(_ digits: String, _ exponent: Int) -> String {
        if exponent < 0 { return "0." + String(repeating: "0", count: -exponent - 1) + digits }
        let point = exponent + 1
        if digits.count <= point {
            return digits + String(repeating: "0", count: point - digits.count)
        }
        return "\(digits.prefix(point)).\(digits.dropFirst(point))"
    }
}
