public import Directory
public import EventHub
public import Events
internal import FoundationEssentials
public import HTTPServer
internal import Libevent
public import Logging
public import TLS
internal import Text
public import Upstream
public import Webhooks

/// The effective settings.
public struct Settings: Sendable {
    /// The addresses to listen on, each as `host:port`; at least one.
    public var listenAddresses: [String]
    /// The directory of the store.
    public var dataDirectory: String
    /// The file of the signing key, absolute or relative to the data directory.
    public var signingKey: String
    /// How webhooks are delivered.
    public var webhooks: WebhookOptions
    /// The remotes that a sync or a webhook may connect to, in the syntax of `RemotePattern`.
    public var allowedRemotes: [String]
    /// The limits and pauses of syncs.
    public var sync: SyncPolicy
    /// The longest time of one request to a remote.
    public var syncRequestTimeout: Duration
    /// The number of event loops; 0 means one per core.
    public var loops: Int
    /// The longest time of a shutdown.
    public var drainTimeout: Duration
    /// The directory of the dashboard.
    public var dashboardDirectory: String
    /// The delivery to subscribers.
    public var delivery: DeliveryPolicy
    /// What the event log keeps.
    public var history: EventLogPolicy
    /// The last events that are kept in memory while the event log is off.
    public var recent: EventLogPolicy
    /// Whether each event is logged.
    public var logsPublishedEvents: Bool
    /// The longest silence of a stream.
    public var heartbeatInterval: Duration
    /// The time after which a client reconnects.
    public var retry: Duration
    /// The limits of connections and requests.
    public var http: HTTPLimits
    /// The most streams at a time on one connection of HTTP/2.
    public var streamsPerConnection: Int
    /// The most bytes of a body, or of a line of an NDJSON push.
    public var bodyLimit: Int
    /// The most event streams.
    public var subscriberLimit: Int
    /// The most event streams of one address.
    public var subscriberLimitPerAddress: Int
    /// The most filter items of one subscription.
    public var filterItemLimit: Int
    /// The most filter items of all subscriptions of one address.
    public var filterItemLimitPerAddress: Int
    /// The most filter items of all subscriptions.
    public var filterItemLimitInAll: Int
    /// The longest time of a read of many records.
    public var queryTime: Duration
    /// The most bytes of all requests, responses and event queues together.
    public var memoryLimit: Int
    /// The origins whose pages may use the gateway; `*` allows any.
    public var allowedOrigins: [String]
    /// The certificates; nil when connections are in the clear.
    public var tls: TLSConfiguration?
    /// The Directory in front of which the gateway is; nil when the records are here.
    public var upstream: UpstreamConfiguration?
    /// Who may do what.
    public var access: AccessSettings
    /// The lowest level that is logged.
    public var logLevel: Logger.Level
    /// The format of log lines.
    public var logFormat: GatewayLogHandler.Format
    /// Whether each request is logged.
    public var logsAccess: Bool

    /// Returns the directory of the dashboard.
    private static func dashboard(_ path: String) -> String {
        guard path.isEmpty else { return path }
        let manager = FileManager.default
        // The layout of `make install`: bin/dir-gateway, share/directory-gateway/public. An installed
        // program never serves what happens to be in the folder `public` of a working directory.
        let program = (try? manager.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let parts = program.split(on: UInt8(ascii: "/")).dropLast(2)
        let installed = "/" + (parts + ["share", "directory-gateway"]).joined(separator: "/")
        return manager.fileExists(atPath: installed) ? "\(installed)/public" : "public"
    }

    /// Reads all settings.
    /// - Throws: `SettingsError` with every invalid setting, the reason and the remedy.
    public init(_ reader: SettingsReader) throws(SettingsError) {
        let settings: [SettingsReader.Effective]
        var faults: [String]
        (settings, faults) = reader.read()
        let values = Dictionary(uniqueKeysWithValues: settings.map { ($0.key.name, $0.value) })
        func text(_ key: String) -> String {
            if case .text(let value) = values[key] { value } else { "" }
        }
        func number(_ key: String) -> Int {
            if case .number(let value) = values[key] { value } else { 0 }
        }
        func flag(_ key: String) -> Bool {
            if case .flag(let value) = values[key] { value } else { false }
        }
        func duration(_ key: String) -> Duration {
            if case .duration(let value) = values[key] { value } else { .zero }
        }
        func list(_ key: String) -> [String] {
            if case .list(let value) = values[key] { value } else { [] }
        }
        listenAddresses = list("listen_address")
        dataDirectory = text("data_dir")
        signingKey = text("signing.key")
        let remotes = list("outbound.allowed_remotes")
        allowedRemotes = remotes.isEmpty ? list("sync.allowed_remotes") : remotes
        webhooks = WebhookOptions()
        webhooks.timeout = duration("webhooks.timeout")
        webhooks.maxLag = duration("webhooks.max_lag")
        webhooks.maxLagEvents = number("webhooks.max_lag_events")
        webhooks.concurrency = number("webhooks.concurrency")
        webhooks.catchUpRate = number("webhooks.catch_up_rate")
        webhooks.retries = RetrySchedule(first: duration("webhooks.retry_delay"))
        let isSecure = !list("tls.certificate").isEmpty
        let address = "\(isSecure ? "https" : "http")://\(listenAddresses.first ?? "")"
        webhooks.source = text("public_url").isEmpty ? address : text("public_url")
        sync = SyncPolicy()
        sync.concurrentSyncs = number("sync.concurrent_syncs")
        sync.concurrentPulls = number("sync.concurrent_pulls")
        sync.attempts = number("sync.attempts")
        sync.retryDelay = duration("sync.retry_delay")
        sync.timeLimit = duration("sync.time_limit")
        sync.keep = duration("sync.keep")
        syncRequestTimeout = duration("sync.request_timeout")
        loops = number("loops")
        drainTimeout = duration("drain_timeout")
        dashboardDirectory = Self.dashboard(text("dashboard.directory"))
        delivery = DeliveryPolicy(
            bufferSize: number("events.subscriber_buffer_size"),
            logsSlowSubscribers: flag("events.log_slow_consumers"), now: LoopClock.now)
        delivery.onOverflow = text("events.on_overflow") == "drop" ? .drop : .catchUp
        let (age, bytes) = (
            duration("events.history.max_age"), number("events.history.max_bytes")
        )
        history = EventLogPolicy(
            maxEvents: number("events.history.max_events"), maxAge: age == .zero ? nil : age,
            maxBytes: bytes == 0 ? nil : bytes)
        recent = EventLogPolicy(
            maxEvents: number("events.recent.max_events"),
            maxBytes: number("events.recent.max_bytes"))
        logsPublishedEvents = flag("events.log_published_events")
        heartbeatInterval = duration("events.heartbeat_interval")
        retry = duration("events.retry")
        http = HTTPLimits()
        http.requestLineBytes = number("limits.request_line_bytes")
        http.headerBytes = number("limits.header_bytes")
        http.headerCount = number("limits.header_count")
        http.headerDeadline = duration("limits.header_deadline")
        http.bodyDeadline = duration("limits.body_deadline")
        http.keepAliveIdle = duration("limits.keep_alive_idle")
        http.connections = number("limits.connections")
        http.connectionsPerAddress = number("limits.connections_per_address")
        streamsPerConnection = number("limits.streams_per_connection")
        bodyLimit = number("limits.body_bytes")
        subscriberLimit = number("limits.subscribers")
        subscriberLimitPerAddress = number("limits.subscribers_per_address")
        filterItemLimit = number("limits.filter_items")
        filterItemLimitPerAddress = number("limits.filter_items_per_address")
        filterItemLimitInAll = number("limits.filter_items_in_all")
        queryTime = duration("limits.query_time")
        memoryLimit = number("limits.memory")
        http.peerTimeout = duration("limits.peer_timeout")
        allowedOrigins = list("cors.allowed_origins")
        logLevel = Logger.Level(rawValue: text("log.level")) ?? .info
        logFormat = GatewayLogHandler.Format(rawValue: text("log.format")) ?? .text
        logsAccess = flag("log.access")
        do {
            tls = try TLSConfiguration(text: text, list: list)
        } catch {
            tls = nil
            faults += error.faults
        }
        do {
            upstream = try UpstreamConfiguration(
                text: text, flag: flag, number: number, duration: duration)
        } catch {
            upstream = nil
            faults += error.faults
        }
        do {
            access = try AccessSettings(text: text, list: list, number: number)
        } catch {
            throw SettingsError(faults + error.faults)
        }
        guard faults.isEmpty else { throw SettingsError(faults) }
    }

    /// Returns the directory of the store, for what needs no other setting.
    /// - Throws: `SettingsError`.
    public static func dataDirectory(_ reader: SettingsReader) throws(SettingsError) -> String {
        try reader.effective().first { $0.key.name == "data_dir" }?.text ?? ""
    }
}
