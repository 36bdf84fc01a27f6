/// One setting: what it is called, what it may be, and what it is for.
public struct SettingKey: Sendable {
    /// What a value may be.
    public enum Kind: Sendable {
        case text
        /// A text that may be empty.
        case path
        case flag
        case count(ClosedRange<Int>)
        /// Bytes; `KiB` and `MiB` may stand behind the number.
        case bytes(ClosedRange<Int>)
        /// A time such as `500ms`, `15s`, `2m` or `1h`.
        case duration(ClosedRange<Duration>)
        case choice([String])
        /// Origins of web pages (RFC 6454), or `*`.
        case origins
        /// Places that a sync may reach: names, addresses, `public`, `loopback`.
        case remotes
        /// A numeric address and a port.
        case address
    }

    public let name: String
    public let kind: Kind
    /// As it would stand in the file.
    public let defaultValue: String
    /// One line for the file and the manual.
    public let summary: String

    init(_ name: String, _ kind: Kind, _ defaultValue: String, _ summary: String) {
        self.name = name
        self.kind = kind
        self.defaultValue = defaultValue
        self.summary = summary
    }

    /// Whether the value is a list.
    var isList: Bool {
        switch kind {
        case .origins, .remotes: true
        default: false
        }
    }

    /// The name in the environment: `DIRECTORY_SERVER_EVENTS_HEARTBEAT_INTERVAL`.
    public var environmentName: String {
        Self.environmentPrefix + name.uppercased().replacing(".", with: "_")
    }

    /// How the setting is written on the command line.
    var flag: String {
        switch name {
        case "listen_address": "--listen-address"
        case "data_dir": "--data-dir"
        case "log.level": "--log-level"
        case "log.format": "--log-format"
        default: "--set \(name)"
        }
    }

    static let environmentPrefix = "DIRECTORY_SERVER_"

    /// Every setting there is.
    public static let all: [SettingKey] = [
        SettingKey(
            "listen_address", .address, "127.0.0.1:8080",
            "where to listen; port 0 lets the system choose"),
        SettingKey("data_dir", .text, "data", "where the store is kept; made if it is not there"),
        SettingKey("loops", .count(0...256), "0", "event loops; 0 means one for each core"),
        SettingKey(
            "drain_timeout", .duration(.zero ... .seconds(3600)), "10s",
            "how long a shutdown may take"),
        SettingKey(
            "dashboard.directory", .path, "",
            "the files served below /; if empty, public in the working directory, else what was installed with the program"
        ),
        SettingKey(
            "signing.key", .text, "signing.key",
            "the key records are signed with, PEM; below data_dir it is made on first use"),
        SettingKey(
            "sync.allowed_remotes", .remotes, "",
            "where a sync may go: names, *.domains, addresses, networks, public, loopback; if empty, public, and loopback while the gateway listens there"
        ),
        SettingKey(
            "sync.concurrent_syncs", .count(1...1000), "4", "syncs at work at the same time"),
        SettingKey(
            "sync.concurrent_pulls", .count(1...1000), "8",
            "records of one sync on their way at the same time"),
        SettingKey(
            "sync.attempts", .count(1...100), "5", "how often a request to a remote is tried"),
        SettingKey(
            "sync.retry_delay", .duration(.milliseconds(1) ... .seconds(3600)), "500ms",
            "the pause before the second attempt; each further one is twice as long"),
        SettingKey(
            "sync.time_limit", .duration(.seconds(1) ... .seconds(366 * 86_400)), "24h",
            "the longest that a sync may take in one go"),
        SettingKey(
            "sync.keep", .duration(.seconds(1) ... .seconds(3660 * 86_400)), "720h",
            "how long a sync is listed after its end"),
        SettingKey(
            "sync.request_timeout", .duration(.milliseconds(100) ... .seconds(3600)), "30s",
            "for one answer of a remote to arrive"),
        SettingKey(
            "auth.mode", .choice(["", "open"]), "",
            "\"open\" lets everyone do everything; must be said on any address but loopback"),
        SettingKey(
            "events.subscriber_buffer_size", .count(1...1_000_000), "100",
            "events held for a subscriber that has fallen behind"),
        SettingKey(
            "events.log_slow_consumers", .flag, "true",
            "name a subscriber that loses events, once a burst"),
        SettingKey(
            "events.log_published_events", .flag, "false", "log every event"),
        SettingKey(
            "events.heartbeat_interval", .duration(.milliseconds(100) ... .seconds(3600)), "15s",
            "the longest silence on a stream"),
        SettingKey(
            "events.retry", .duration(.milliseconds(100) ... .seconds(3600)), "3s",
            "when a client that lost its stream should come back"),
        SettingKey(
            "limits.request_line_bytes", .bytes(256...1 << 20), "8KiB", "longest request line"),
        SettingKey(
            "limits.header_bytes", .bytes(1024...1 << 20), "16KiB", "longest header section"),
        SettingKey("limits.header_count", .count(8...10_000), "100", "most header fields"),
        SettingKey(
            "limits.body_bytes", .bytes(1024...64 << 20), "4MiB",
            "longest body; of a stream of records, longest line"),
        SettingKey(
            "limits.header_deadline", .duration(.milliseconds(100) ... .seconds(3600)), "10s",
            "for a request header to arrive"),
        SettingKey(
            "limits.body_deadline", .duration(.milliseconds(100) ... .seconds(3600)), "30s",
            "for each 64 KiB of a body to arrive"),
        SettingKey(
            "limits.keep_alive_idle", .duration(.milliseconds(100) ... .seconds(3600)), "60s",
            "how long a connection may rest between requests"),
        SettingKey("limits.connections", .count(1...10_000_000), "100000", "connections in all"),
        SettingKey(
            "limits.connections_per_address", .count(1...10_000_000), "20000",
            "connections of one address"),
        SettingKey("limits.subscribers", .count(1...10_000_000), "100000", "event streams in all"),
        SettingKey(
            "limits.subscribers_per_address", .count(1...10_000_000), "20000",
            "event streams of one address"),
        SettingKey(
            "limits.filter_items", .count(1...100_000), "1000",
            "types, labels and cids of one subscription together"),
        SettingKey(
            "limits.filter_items_per_address", .count(1...100_000_000), "100000",
            "types, labels and cids of all subscriptions of one address together"),
        SettingKey(
            "limits.filter_items_in_all", .count(1...100_000_000), "1000000",
            "types, labels and cids of all subscriptions together"),
        SettingKey(
            "limits.memory", .bytes(16 << 20...1 << 40), "256MiB",
            "bytes that requests, responses and queues of events may hold together"),
        SettingKey(
            "limits.peer_timeout", .duration(.seconds(1) ... .seconds(86_400)), "60s",
            "when a peer that acknowledges nothing any more counts as gone"),
        SettingKey(
            "limits.query_time", .duration(.milliseconds(10) ... .seconds(3600)), "2s",
            "how long a listing or a selection of records may take"),
        SettingKey(
            "cors.allowed_origins", .origins, "",
            "origins whose pages may use the gateway; * for any, without credentials"),
        SettingKey(
            "log.level", .choice(["trace", "debug", "info", "warning", "error"]), "info",
            "the least important line that is logged"),
        SettingKey("log.format", .choice(["text", "json"]), "text", "how a line looks"),
        SettingKey("log.access", .flag, "true", "a line for each request"),
    ]
}
