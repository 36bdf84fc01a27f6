public import Directory
public import Events
public import Frames
package import GatewayGRPC
public import Logging
internal import Synchronization
internal import Text

/// Another Directory, in front of which the gateway is: its events, and the way to its operations.
public final class UpstreamDirectory: Sendable {
    /// What the gateway does with what the upstream emits.
    public struct Sinks: Sendable {
        /// Publishes events that the upstream has made. Returns when they are published.
        public let relay: @Sendable ([Event]) async -> Void
        /// Makes events of the gateway's own, and publishes them.
        public let emit: @Sendable ([EventDraft]) async -> Void
        /// Tells subscribers that events were dropped before they reached the gateway.
        public let recordDrops: @Sendable (Int) -> Void
        /// Tells subscribers that events may be missing.
        public let reset: @Sendable () async -> Void

        /// Puts them together.
        public init(
            relay: @escaping @Sendable ([Event]) async -> Void,
            emit: @escaping @Sendable ([EventDraft]) async -> Void,
            recordDrops: @escaping @Sendable (Int) -> Void,
            reset: @escaping @Sendable () async -> Void
        ) {
            self.relay = relay
            self.emit = emit
            self.recordDrops = recordDrops
            self.reset = reset
        }
    }

    /// Whether events arrive, and how many.
    public let status = UpstreamStatus()
    /// The address, as `host:port`.
    public let address: String
    let channel: UpstreamChannel
    let caller: UpstreamCaller
    private let listener: UpstreamListener
    private let listening = Mutex<Task<Void, Never>?>(nil)

    /// How long an event of the upstream may take, until the gateway emits its own instead.
    private static let eventTime: Duration = .seconds(1)

    /// Starts the loop of the connection; nothing is connected yet. Reads the files of TLS.
    /// - Parameter memory: is charged for the replies of operations.
    /// - Throws: `TLSConfigurationError`, or `LibeventError` if the system has no thread left.
    public init(
        _ configuration: UpstreamConfiguration, sinks: Sinks, memory: MemoryBudget, logger: Logger
    ) throws {
        address = configuration.address
        channel = try UpstreamChannel(configuration)
        let own = OwnEvents(emit: sinks.emit) { try? await Task.sleep(for: Self.eventTime) }
        caller = UpstreamCaller(
            channel: channel, timeout: configuration.timeout, memory: memory, own: own)
        listener = UpstreamListener(
            channel, own: own,
            sinks: .init(
                relay: sinks.relay, recordDrops: sinks.recordDrops, reset: sinks.reset),
            status: status,
            backoff: Backoff(
                first: configuration.retry.first, longest: configuration.retry.longest),
            logger: logger)
    }

    /// Begins to listen; returns when the first attempt has succeeded or failed. Called once.
    public func start() async {
        let (first, continuation) = AsyncStream.makeStream(of: Void.self)
        let task = Task { [listener] in
            await listener.run { continuation.finish() }
            continuation.finish()
        }
        listening.withLock { $0 = task }
        for await _ in first {}
    }

    /// Stops listening, and ends all calls.
    public func stop() async {
        listening.withLock { $0 }?.cancel()
        caller.stop()
        await channel.close()
    }

    /// The operations, carried to the upstream.
    /// - Parameter local: has the gateway's own signing key.
    public func operations(signingWith local: Operations) -> any DirectoryOperations {
        UpstreamOperations(caller: caller, local: local)
    }

    /// Carries calls of gRPC to the upstream.
    package var relay: any GRPCRelay { caller }
}
