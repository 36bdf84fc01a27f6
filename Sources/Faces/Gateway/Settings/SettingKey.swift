/// One setting: its name, its kind of value, and its meaning.
public struct SettingKey: Sendable {
    /// The kinds of values.
    public enum Kind: Sendable {
        /// A text that is not empty.
        case text
        /// A text that may be empty.
        case path
        /// `true` or `false`.
        case flag
        /// A whole number.
        case count(ClosedRange<Int>)
        /// A number of bytes; `KiB`, `MiB` or `GiB` may follow it.
        case bytes(ClosedRange<Int>)
        /// A time such as `500ms`, `15s`, `2m` or `1h`.
        case duration(ClosedRange<Duration>)
        /// One of these texts.
        case choice([String])
        /// Origins of web pages (RFC 6454), or `*`.
        case origins
        /// Paths of files.
        case paths
        /// Remotes that a sync may connect to: names, addresses, `public`, `loopback`.
        case remotes
        /// Numeric addresses with ports, at least one.
        case addresses
        /// A numeric address and a port, or nothing.
        case optionalAddress
        /// Names of hosts, with or without a port.
        case hosts
        /// Addresses and networks.
        case networks
        /// Tokens with what they allow, in the syntax of `FixedToken`. They hold secrets.
        case tokens
        /// Patterns of certificates with scopes, in the syntax of `CertificateMap.Entry`.
        case certificates
        /// An http or https URL, or nothing.
        case publicURL
        /// A path, an https URL, or nothing.
        case document
        /// The host and port of a server, or nothing.
        case server
        /// A text that is never shown, or nothing.
        case secret
    }

    /// The name, such as `events.retry`.
    public let name: String
    /// The kind of its value.
    public let kind: Kind
    /// The default, as it is written in the file.
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
        case .addresses, .origins, .remotes, .paths, .hosts, .networks, .tokens, .certificates: true
        default: false
        }
    }

    /// The name in the environment: `DIRECTORY_SERVER_EVENTS_HEARTBEAT_INTERVAL`.
    public var environmentName: String {
        Self.environmentPrefix + name.uppercased().replacing(".", with: "_")
    }

    /// The setting as a flag of the command line.
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

    /// Every setting, in the order in which they are documented.
    public static let all: [SettingKey] = service + limits + tls + upstream + others

    /// The service, its outgoing requests, access, and events.
    private static let service: [SettingKey] = [
        SettingKey(
            "listen_address", .addresses, "127.0.0.1:8080",
            "addresses to listen on, separated by commas; port 0 lets the system choose"),
        SettingKey("data_dir", .text, "data", "directory of the store; created if it is missing"),
        SettingKey("loops", .count(0...256), "0", "event loops; 0 means one per core"),
        SettingKey(
            "drain_timeout", .duration(.zero ... .seconds(3600)), "10s",
            "longest time of a shutdown"),
        SettingKey(
            "dashboard.directory", .path, "",
            "directory of the dashboard; if empty, the installed files, else public in the working directory"
        ),
        SettingKey(
            "signing.key", .text, "signing.key",
            "key that signs records, PEM; below data_dir it is created on first use"),
        SettingKey(
            "public_url", .publicURL, "",
            "URL under which clients reach the gateway, the source of CloudEvents; if empty, listen_address"
        ),
        SettingKey(
            "outbound.allowed_remotes", .remotes, "",
            "remotes that a sync or a webhook may connect to: names, *.domains, addresses, networks, public, loopback; if empty, sync.allowed_remotes"
        ),
        SettingKey(
            "webhooks.timeout", .duration(.milliseconds(100) ... .seconds(300)), "15s",
            "longest time of one request to a receiver"),
        SettingKey(
            "webhooks.max_lag", .duration(.seconds(60) ... .seconds(3660 * 86_400)), "7d",
            "time for which events are kept for a webhook that does not take them"),
        SettingKey(
            "webhooks.max_lag_events", .count(1...1_000_000_000), "10000000",
            "most events that are kept for a webhook that does not take them"),
        SettingKey(
            "webhooks.concurrency", .count(1...4096), "64",
            "most requests to receivers at the same time"),
        SettingKey(
            "webhooks.catch_up_rate", .count(1...100_000), "500",
            "most events in a second to a webhook that catches up"),
        SettingKey(
            "webhooks.retry_delay", .duration(.milliseconds(1) ... .seconds(3600)), "5s",
            "pause before the second attempt; the further pauses are 6, 24, 120, 360, 1440, 3600 and 7200 times as long"
        ),
        SettingKey(
            "sync.allowed_remotes", .remotes, "",
            "remotes that a sync may connect to: names, *.domains, addresses, networks, public, loopback; if empty, public, and loopback while the gateway listens there"
        ),
        SettingKey(
            "sync.concurrent_syncs", .count(1...1000), "4", "most syncs that run at the same time"),
        SettingKey(
            "sync.concurrent_pulls", .count(1...1000), "8",
            "most records that one sync copies at the same time"),
        SettingKey(
            "sync.attempts", .count(1...100), "5", "most attempts of a request to a remote"),
        SettingKey(
            "sync.retry_delay", .duration(.milliseconds(1) ... .seconds(3600)), "500ms",
            "pause before the second attempt; each further one is twice as long"),
        SettingKey(
            "sync.time_limit", .duration(.seconds(1) ... .seconds(366 * 86_400)), "24h",
            "longest time of one run of a sync"),
        SettingKey(
            "sync.keep", .duration(.seconds(1) ... .seconds(3660 * 86_400)), "720h",
            "time for which a sync is listed after its end"),
        SettingKey(
            "sync.request_timeout", .duration(.milliseconds(100) ... .seconds(3600)), "30s",
            "longest time of one request to a remote"),
        SettingKey(
            "allowed_hosts", .hosts, "",
            "further names of this gateway, while auth.mode is open on loopback; other hosts are refused"
        ),
        SettingKey(
            "trusted_proxies", .networks, "",
            "addresses and networks of proxies whose X-Forwarded-For or Forwarded names the client"),
        SettingKey(
            "admin.listen_address", .optionalAddress, "",
            "second address, for /healthz, /readyz and /metrics only, without authentication"),
        SettingKey(
            "auth.mode", .choice(["", "open", "token"]), "",
            "\"open\" allows every operation to every client, \"token\" asks for a proof; required on any address but loopback, where it is open"
        ),
        SettingKey(
            "auth.tokens", .tokens, "",
            "fixed tokens, such as name=ci sha256=… scopes=events:read|records:read labels=/skills/AI"
        ),
        SettingKey(
            "auth.certificates", .certificates, "",
            "client certificates, such as spiffe://example.org/agent/*=events:read|records:read; the first match decides"
        ),
        SettingKey(
            "auth.jwt.jwks", .document, "",
            "key set of JSON Web Tokens: a file or an https URL; if empty, such tokens are refused"),
        SettingKey("auth.jwt.issuer", .path, "", "the claim iss of JSON Web Tokens"),
        SettingKey("auth.jwt.audience", .path, "", "the claim aud of JSON Web Tokens"),
        SettingKey(
            "events.subscriber_buffer_size", .count(1...1_000_000), "100",
            "events in the queue of a slow subscriber"),
        SettingKey(
            "events.log_slow_consumers", .flag, "true",
            "log each subscriber whose events are dropped, once per burst"),
        SettingKey(
            "events.log_published_events", .flag, "false", "log every event"),
        SettingKey(
            "events.heartbeat_interval", .duration(.milliseconds(100) ... .seconds(3600)), "15s",
            "longest silence of a stream"),
        SettingKey(
            "events.retry", .duration(.milliseconds(100) ... .seconds(3600)), "3s",
            "time after which a client reconnects"),
        SettingKey(
            "events.history.max_events", .count(0...1_000_000_000), "0",
            "most events that are kept, so that streams resume; 0 keeps none"),
        SettingKey(
            "events.history.max_age", .duration(.zero ... .seconds(3660 * 86_400)), "0s",
            "longest time for which an event is kept; 0s is without limit"),
        SettingKey(
            "events.history.max_bytes", .bytes(0...1 << 44), "1GiB",
            "most bytes of the events that are kept; 0 is without limit"),
        SettingKey(
            "events.recent.max_events", .count(0...100_000), "1000",
            "last events that are kept in memory while the event log is off; 0 keeps none"),
        SettingKey(
            "events.recent.max_bytes", .bytes(1 << 10...1 << 30), "4MiB",
            "most bytes of the last events that are kept in memory"),
        SettingKey(
            "events.on_overflow", .choice(["catch-up", "drop"]), "catch-up",
            "events for which a subscriber has no room: it gets them later, if they are kept, or they are dropped"
        ),
    ]

    private static let tls: [SettingKey] = [
        SettingKey(
            "tls.certificate", .paths, "",
            "PEM files of certificates with their chains; empty for connections in the clear"),
        SettingKey(
            "tls.key", .paths, "",
            "PEM files of the private keys, one for each certificate, in the same order"),
        SettingKey(
            "tls.client_ca", .path, "",
            "PEM file of the authorities that sign certificates of clients"),
        SettingKey(
            "tls.client_certificates", .choice(["none", "optional", "required"]), "none",
            "whether clients are asked for a certificate"),
    ]

    private static let others: [SettingKey] = [
        SettingKey(
            "cors.allowed_origins", .origins, "",
            "origins whose pages may use the gateway; * allows any, without credentials"),
        SettingKey(
            "log.level", .choice(["trace", "debug", "info", "warning", "error"]), "info",
            "lowest level that is logged"),
        SettingKey("log.format", .choice(["text", "json"]), "text", "format of a line"),
        SettingKey("log.access", .flag, "true", "log each request"),
    ]
}
