internal import Authentication
internal import Outbound
internal import Text
internal import Upstream

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
        if let isValid = itemRule {
            let items = items.filter { !$0.isEmpty }
            if case .addresses = self, items.isEmpty { return nil }
            return items.allSatisfy(isValid) ? .list(items) : nil
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
        case .optionalAddress:
            return text.isEmpty || ListenAddress.isValid(text) ? .text(text) : nil
        case .publicURL:
            let isURL = text.hasPrefix("http://") || text.hasPrefix("https://")
            let isClean = text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            return text.isEmpty || (isURL && isClean) ? .text(text) : nil
        case .document:
            let isURL = text.contains("://")
            return !isURL || text.hasPrefix("https://") ? .text(text) : nil
        case .server:
            return text.isEmpty || UpstreamConfiguration.parse(text) != nil ? .text(text) : nil
        case .secret:
            // A header cannot hold anything else.
            return text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } ? .text(text) : nil
        case .addresses, .origins, .remotes, .paths, .hosts, .networks, .tokens, .certificates:
            return nil
        }
    }

    /// Checks one item of a list; nil for kinds that are no such list.
    private var itemRule: ((String) -> Bool)? {
        switch self {
        case .addresses: ListenAddress.isValid
        case .paths: { _ in true }
        case .hosts: HostRule.isValid
        case .networks: { if case .network = RemotePattern($0) { true } else { false } }
        case .tokens: { (try? FixedToken.parse($0)) != nil }
        case .certificates: { (try? CertificateMap.Entry($0)) != nil }
        default: nil
        }
    }

    /// Returns what is wrong with an entry of a list, in more detail than `expectation`; without secrets.
    func fault(in items: [String]) -> String? {
        for (position, item) in items.enumerated() where !item.isEmpty {
            do {
                switch self {
                case .tokens: _ = try FixedToken.parse(item)
                case .certificates: _ = try CertificateMap.Entry(item)
                default: return nil
                }
            } catch {
                return "entry \(position + 1): \(error)"
            }
        }
        return nil
    }

    /// Returns the value as it may be shown: without secrets.
    func shown(_ items: [String]) -> String {
        if case .secret = self { return items.allSatisfy(\.isEmpty) ? "" : "(hidden)" }
        guard case .tokens = self else { return items.joined(separator: ",") }
        return items.map(FixedToken.redacted).joined(separator: ",")
    }

    /// The expected value, for messages.
    var expectation: String {
        switch self {
        case .text: "a text that is not empty"
        case .path: "a path"
        case .paths: "a list of paths"
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
        case .addresses:
            "numeric addresses with a port, separated by commas, such as 127.0.0.1:8080 or [::1]:8080"
        case .optionalAddress: "empty, or a numeric address and a port, such as 127.0.0.1:9090"
        case .hosts: "a list of names, such as gateway.local or gateway.local:8080"
        case .networks: "a list of addresses and networks, such as 10.0.0.0/8 or fd00::/8"
        case .tokens: "a list of entries name=… sha256=… scopes=…"
        case .certificates: "a list of entries PATTERN=SCOPE|SCOPE"
        case .server: "empty, or a host and a port, such as dir.example.org:8888 or [::1]:8888"
        case .secret: "a text of visible characters without spaces"
        case .publicURL: "empty, or a URL such as https://gateway.example.org"
        case .document: "a file, or a URL that begins with https://"
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
