internal import AsyncHTTPClient
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Text

/// A client of one gateway: its operations, and its stream of events.
///
/// Safe to use from any thread, by many tasks at once. Connections are kept and shared, and closed
/// when the client is released.
public final class DirectoryClient: Sendable {
    /// How to connect to the gateway.
    public struct Configuration: Sendable {
        /// The address of the gateway.
        public var server: ServerAddress
        /// A bearer token; nil for none.
        public var token: String?
        /// A PEM file with the authorities to trust instead of the system's.
        public var authorities: String?
        /// A certificate to show to the gateway; nil for none.
        public var identity: ClientIdentity?
        /// Whether the certificate of the gateway is checked. Without the check anyone on the way can
        /// read and change everything, the token too.
        public var verifiesGateway = true
        /// The program, such as `importer/1.2`, which the gateway shows to its operator.
        public var program: String?
        /// The longest time until a response begins, for a stream until it opens.
        public var timeout: Duration = .seconds(30)
        /// The longest time to connect.
        public var connectTimeout: Duration = .seconds(10)
        /// How a stream reconnects.
        public var reconnect = ReconnectPolicy()

        /// Makes a configuration with the default values.
        public init(server: ServerAddress) { self.server = server }
    }

    /// The configuration.
    public let configuration: Configuration
    /// For operations: with a read timeout.
    let operations: HTTPClient
    /// For streams and uploads, which may be silent for long.
    let streams: HTTPClient

    /// Makes a client. Does not connect.
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
        settings.tlsConfiguration = configuration.tls
        let group = MultiThreadedEventLoopGroup.singleton
        streams = HTTPClient(eventLoopGroup: group, configuration: settings)
        settings.timeout.read = TimeAmount(configuration.timeout)
        operations = HTTPClient(eventLoopGroup: group, configuration: settings)
    }

    /// Makes a client of the gateway at an address. Does not connect.
    /// - Throws: `DirectoryClientError.invalidAddress`.
    public convenience init(_ address: String) throws(DirectoryClientError) {
        self.init(Configuration(server: try ServerAddress(address)))
    }

    deinit {
        _ = streams.shutdown()
        _ = operations.shutdown()
    }
}

extension DirectoryClient.Configuration {
    /// The settings of TLS; nil for the default ones.
    fileprivate var tls: TLSConfiguration? {
        guard !authorities.isNil || !identity.isNil || !verifiesGateway else { return nil }
        var tls = TLSConfiguration.makeClientConfiguration()
        if let authorities { tls.trustRoots = .file(authorities) }
        if let identity {
            tls.certificateChain = identity.chain
            tls.privateKey = identity.key
        }
        if !verifiesGateway { tls.certificateVerification = .none }
        return tls
    }
}
