internal import Events
public import Logging
internal import Synchronization
internal import Text

/// The lowest level that is logged, for all loggers. It can change at any time.
public final class LogThreshold: Sendable {
    private let level: Mutex<Logger.Level>

    /// Makes a threshold.
    public init(_ level: Logger.Level) { self.level = Mutex(level) }

    /// The lowest level that is logged. Safe to use from any thread.
    public var current: Logger.Level {
        get { level.withLock { $0 } }
        set { level.withLock { $0 = newValue } }
    }
}

/// Writes one line per message, as text or as JSON. Text from a client cannot begin a line of its own.
public struct GatewayLogHandler: LogHandler {
    /// The formats of a line.
    public enum Format: String, Sendable { case text, json }

    /// The metadata of every line.
    public var metadata: Logger.Metadata = [:]
    /// The threshold of all loggers.
    public var logLevel: Logger.Level {
        get { threshold.current }
        set { threshold.current = newValue }
    }

    private let label: String
    private let format: Format
    private let threshold: LogThreshold
    private let writer: LogWriter
    private let now: @Sendable () -> Int64

    /// Makes a handler.
    /// - Parameter now: returns the time, microseconds since 1970.
    public init(
        label: String, format: Format, threshold: LogThreshold, writer: LogWriter,
        now: @escaping @Sendable () -> Int64
    ) {
        self.label = label
        self.format = format
        self.threshold = threshold
        self.writer = writer
        self.now = now
    }

    /// An entry of the metadata.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes a line. Never blocks.
    public func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }.sorted {
            $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
        }
        let time = Timestamp.format(now())
        switch format {
        case .text:
            var line = "\(time) \(event.level.rawValue) \(label): \(event.message)"
            for (key, value) in all { line += " \(key)=\(Self.quoted("\(value)"))" }
            writer.write(Array(Self.oneLine(line).utf8) + [0x0A])
        case .json:
            let head: [(String, JSON)] = [
                ("time", .string(time)), ("level", .string(event.level.rawValue)),
                ("logger", .string(label)), ("message", .string("\(event.message)")),
            ]
            let rest = all.map { ($0.key, Self.json($0.key, "\($0.value)")) }
            writer.write(JSON.object(head + rest).line + [0x0A])
        }
    }

    /// The keys of numbers, which JSON has as numbers so that they can be compared and added.
    private static func json(_ key: String, _ value: String) -> JSON {
        guard numericKeys.contains(ExactString(key)), Double(value) != nil else {
            return .string(value)
        }
        return .literal(value)
    }

    private static let numericKeys: Set<ExactString> = [
        "bytes", "delivered", "dropped", "duration_ms", "status", "subscriber",
    ]

    private static func quoted(_ value: String) -> String {
        let special: Set<Unicode.Scalar> = [" ", "\"", "=", "\\"]
        guard value.isEmpty || value.unicodeScalars.contains(where: special.contains) else {
            return value
        }
        // By scalars: a quote with an accent is one character and still a quote.
        var text = "\""
        for scalar in value.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { text.unicodeScalars.append("\\") }
            text.unicodeScalars.append(scalar)
        }
        return text + "\""
    }

    private static func oneLine(_ line: String) -> String {
        String(
            String.UnicodeScalarView(
                line.unicodeScalars.map { scalar in
                    switch scalar.value {
                    case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029: "\u{FFFD}"
                    default: scalar
                    }
                }))
    }
}
