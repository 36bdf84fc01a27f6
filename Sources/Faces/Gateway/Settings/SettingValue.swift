internal import Outbound
internal import Text

/// The value of a setting, read and checked.
enum SettingValue: Sendable {
    case text(String)
    case flag(Bool)
    case number(Int)
    case duration(Duration)
    case list([String])
}

extension SettingKey.Kind {
    /// Reads a value.
    /// - Returns: nil when it is not of the kind; `expectation` describes the kind.
    func read(_ items: [String]) -> SettingValue? {
        if case .origins = self {
            let origins = items.filter { !$0.isEmpty }
            let areOrigins = origins.allSatisfy {
                $0 == "*" || ($0.contains("://") && !$0.hasSuffix("/"))
            }
            return areOrigins ? .list(origins) : nil
        }
        if case .remotes = self {
            let patterns = items.filter { !$0.isEmpty }
            return patterns.allSatisfy { RemotePattern($0) != nil } ? .list(patterns) : nil
        }
        guard items.count == 1, let text = items.first else { return nil }
        switch self {
        case .text: return text.isEmpty ? nil : .text(text)
        case .path: return .text(text)
        case .flag: return ["true": true, "false": false][text].map { .flag($0) }
        case .count(let range):
            return Int(text).flatMap { range.contains($0) ? .number($0) : nil }
        case .bytes(let range):
            return Self.bytes(text).flatMap { range.contains($0) ? .number($0) : nil }
        case .duration(let range):
            return DurationText.parse(text).flatMap { range.contains($0) ? .duration($0) : nil }
        case .choice(let choices): return choices.contains(text) ? .text(text) : nil
        case .address: return ListenAddress.isValid(text) ? .text(text) : nil
        case .origins, .remotes: return nil
        }
    }

    /// The expected value, for messages.
    var expectation: String {
        switch self {
        case .text: "a text that is not empty"
        case .path: "a path"
        case .flag: "true or false"
        case .count(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .bytes(let range):
            "a number of bytes from \(range.lowerBound) to \(range.upperBound), such as 64KiB or 4MiB"
        case .duration(let range):
            "a time from \(DurationText.format(range.lowerBound)) to \(DurationText.format(range.upperBound)), such as 500ms, 15s, 2m or 1h"
        case .choice(let choices):
            "one of \(choices.filter { !$0.isEmpty }.joined(separator: ", "))"
        case .origins: "a list of origins, such as https://dashboard.example.org, or *"
        case .remotes:
            "a list of names (dir.example.org, *.example.org), addresses (10.1.0.0/16), public or loopback"
        case .address: "a numeric address and a port, such as 127.0.0.1:8080 or [::1]:8080"
        }
    }

    private static func bytes(_ text: String) -> Int? {
        for (unit, factor) in [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)]
        where text.hasSuffix(unit) {
            return Int(text.dropLast(3)).flatMap { number in
                let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
                return overflow ? nil : bytes
            }
        }
        return Int(text)
    }
}
