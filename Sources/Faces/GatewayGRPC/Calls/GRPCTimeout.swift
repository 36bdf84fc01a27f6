internal import Text

/// The value of `grpc-timeout`: at most eight digits and a unit (gRPC over HTTP/2, "Requests").
package enum GRPCTimeout {
    /// Reads a value; nil when it is not one.
    package static func parse(_ text: String) -> Duration? {
        guard let unit = text.utf8.last, (2...9).contains(text.utf8.count),
            let number = Int64(digits: text.utf8.dropLast())
        else { return nil }
        return switch unit {
        case UInt8(ascii: "H"): .seconds(number * 3600)
        case UInt8(ascii: "M"): .seconds(number * 60)
        case UInt8(ascii: "S"): .seconds(number)
        case UInt8(ascii: "m"): .milliseconds(number)
        case UInt8(ascii: "u"): .microseconds(number)
        case UInt8(ascii: "n"): .nanoseconds(number)
        default: nil
        }
    }
}

extension Int64 {
    /// Reads decimal digits and nothing else; eight at most, so that it cannot overflow.
    fileprivate init?(digits: some Collection<UInt8>) {
        guard !digits.isEmpty, digits.count <= 8, digits.allSatisfy(ASCII.isDigit) else {
            return nil
        }
        self = digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }
}
