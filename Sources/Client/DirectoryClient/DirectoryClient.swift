internal import AsyncHTTPClient
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// A client of one gateway: its operations, and its stream of events.
///
/// Safe to use from anywhere, by many at once. Connections are kept and shared; they are closed when
/// the client is let go.
public final class DirectoryClient: Sendable {
    /// How to reach the gateway.
    public struct Configuration: Sendable {
        public var server: ServerAddress
        /// A bearer token; nil for none.
        public var token: String?
        /// A PEM file with the authorities to trust instead of the system's.
        public var authorities: String?
        /// For one answer of an operation to begin; of a stream, for its opening.
        public var timeout: Duration = .seconds(30)
        /// For a connection to come about.
        public var connectTimeout: Duration = .seconds(10)
        /// How a stream comes back after it broke.
        public var reconnect = ReconnectPolicy()

        public init(server: ServerAddress) { self.server = server }
    }

    public let configuration: Configuration
    /// For operations: an answer that stops half-way is given up.
    let operations: HTTPClient
    /// For what may be silent for long: streams, and uploads without an end.
    let streams: HTTPClient

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        var settings = HTTPClient.Configuration()
        // A redirect would carry the token elsewhere.
        settings.redirectConfiguration = .disallow
        settings.httpVersion = .http1Only
        settings.timeout = .init(connect: TimeAmount(configuration.connectTimeout))
        settings.connectionPool.retryConnectionEstablishment = false
        // Each stream has a connection of its own.
        settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1024
        if let file = configuration.authorities {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(file)
            settings.tlsConfiguration = tls
        }
        let group = MultiThreadedEventLoopGroup.singleton
        streams = HTTPClient(eventLoopGroup: group, configuration: settings)
        settings.timeout.read = TimeAmount(configuration.timeout)
        operations = HTTPClient(eventLoopGroup: group, configuration: settings)
    }

    /// A client of the gateway at this address.
    /// - Throws: `DirectoryClientError.invalidAddress`.
    public convenience init(_ address: String) throws(DirectoryClientError) {
        self.init(Configuration(server: try ServerAddress(address)))
    }

    deinit {
        _ = streams.shutdown()
        _ = operations.shutdown()
    }
}
