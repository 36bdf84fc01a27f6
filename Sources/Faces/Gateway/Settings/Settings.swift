public import Directory
public import EventHub
internal import FoundationEssentials
public import HTTPServer
internal import Libevent
internal import Text

/// The settings in force.
public struct Settings: Sendable {
    public var listenAddress: String
    public var dataDirectory: String
    /// Relative to the data directory, or absolute.
    public var signingKey: String
    /// Where a sync may go; as `RemotePattern` reads them.
    public var allowedRemotes: [String]
    public var sync: SyncPolicy
    /// For one answer of a remote.
    public var syncRequestTimeout: Duration
    /// 0 means one for each core.
    public var loops: Int
    public var drainTimeout: Duration
    public var dashboardDirectory: String
    public var delivery: DeliveryPolicy
    public var logsPublishedEvents: Bool
    public var heartbeatInterval: Duration
    public var retry: Duration
    public var http: HTTPLimits
    /// Bytes.
    public var bodyLimit: Int
    public var subscriberLimit: Int
    public var subscriberLimitPerAddress: Int
    public var filterItemLimit: Int
    public var filterItemLimitPerAddress: Int
    public var filterItemLimitInAll: Int
    /// How long a read of many records may take.
    public var queryTime: Duration
    /// Bytes that connections and queues may hold together.
    public var memoryLimit: Int
    public var allowedOrigins: [String]
    public var logLevel: String
    public var logFormat: String
    public var logsAccess: Bool

    /// Where the dashboard's files are.
    private static func dashboard(_ path: String) -> String {
        guard path.isEmpty else { return path }
        let manager = FileManager.default
        if manager.fileExists(atPath: "public/index.html") { return "public" }
        // As `make install` lays it out: bin/dir-gateway, share/directory-gateway/public.
        let program = (try? manager.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let parts = program.split(on: UInt8(ascii: "/")).dropLast(2)
        return "/" + (parts + ["share", "directory-gateway", "public"]).joined(separator: "/")
    }

    /// For a header: seconds, `15` or `0.5`.
    var heartbeatSeconds: String {
        let milliseconds = heartbeatInterval.milliseconds
        return milliseconds.isMultiple(of: 1000)
            ? String(milliseconds / 1000) : String(Double(milliseconds) / 1000)
    }

    /// Reads all settings.
    /// - Throws: the first that cannot be, with the reason and the remedy.
    public init(_ reader: SettingsReader) throws(SettingsError) {
        let settings = try reader.effective()
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
        listenAddress = text("listen_address")
        dataDirectory = text("data_dir")
        signingKey = text("signing.key")
        allowedRemotes = list("sync.allowed_remotes")
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
        logLevel = text("log.level")
        logFormat = text("log.format")
        logsAccess = flag("log.access")
        // Open to the world only if somebody has said so: the default is for one's own machine.
        guard ListenAddress.isLoopback(listenAddress) || text("auth.mode") == "open" else {
            throw SettingsError(
                """
                listen_address \(listenAddress) can be reached from other machines, and nobody has \
                said who may do what there: either set auth.mode to open, which lets everyone who \
                reaches the port push and delete, or listen on a loopback address behind a proxy \
                that asks who is there
                """)
        }
    }
}
