import Logging
import Synchronization
import TestSupport

/// Searches all that a gateway logs, at every level, for what must not be there: tokens of its
/// settings and of requests, and cookies.
final class SecretWatch: Sendable {
    /// Shorter words are in other words too.
    private static let shortest = 8
    private let state = Mutex((secrets: Set<String>(), lines: 0, found: [String]()))

    /// A logger for the gateway.
    var logger: Logger {
        Logger(label: "watched") { _ in
            ClosureLogHandler { event, metadata in
                let facts = metadata.merging(event.metadata ?? [:]) { $1 }
                let error = event.error.map { "\($0)" } ?? ""
                self.search("\(event.message) \(facts) \(error)")
            }
        }
    }
    /// The lines with a secret, without it.
    var found: [String] { state.withLock(\.found) }
    /// How many lines were searched.
    var lines: Int { state.withLock(\.lines) }

    /// Starts with the tokens of settings.
    init(_ settings: [String: String]) {
        for part in (settings["auth.tokens"] ?? "").split(whereSeparator: { " ,".contains($0) })
        where part.hasPrefix("token=") { add(String(part.dropFirst(6))) }
    }

    /// Searches for this one from now on.
    func add(_ secret: String) {
        if secret.utf8.count >= Self.shortest { state.withLock { _ = $0.secrets.insert(secret) } }
    }

    /// Searches for what the fields of a request or a response carry.
    func add(fields: [String: String]) {
        for (name, value) in fields {
            switch name.lowercased() {
            case "authorization": add(value.split(separator: " ").last.map(String.init) ?? "")
            case "cookie", "set-cookie":
                for pair in value.split(separator: ";") {
                    let halves = pair.split(separator: "=", maxSplits: 1)
                    // Not the attributes of a cookie, such as its path.
                    if halves.count == 2, halves[0].hasSuffix("session") { add(String(halves[1])) }
                }
            default: break
            }
        }
    }

    private func search(_ line: String) {
        state.withLock { state in
            state.lines += 1
            let masked = state.secrets.reduce(line) { $0.replacing($1, with: "<secret>") }
            if masked != line { state.found.append(masked) }
        }
    }
}
