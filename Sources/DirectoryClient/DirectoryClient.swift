internal import AsyncHTTPClient
internal import FoundationEssentials
internal import NIOCore
internal import NIOHTTP1
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
    private let operations: HTTPClient
    /// For what may be silent for long: streams, and uploads without an end.
    private let streams: HTTPClient

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

/// A request to the gateway, before it is sent.
struct ClientRequest {
    let method: HTTPMethod
    /// Below the address of the gateway, encoded.
    let path: String
    var query: [(String, String)] = []
    var accept = "application/json"
    var contentType: String?
    var body: HTTPClientRequest.Body?
    /// Whether the answer may be silent for long.
    var isStream = false

    init(_ method: HTTPMethod, _ path: String, query: [(String, String)] = []) {
        self.method = method
        self.path = path
        self.query = query
    }

    /// With a JSON body.
    init(_ path: String, _ body: some Encodable) {
        self.init(.POST, path)
        contentType = "application/json"
        // Our own types always encode.
        self.body = .bytes((try? JSONEncoder().encode(body)) ?? Data())
    }
}

extension DirectoryClient {
    /// Sends a request and reads the whole answer.
    /// - Throws: for every status that is not a success.
    func answer(_ request: ClientRequest) async throws(DirectoryClientError) -> (
        status: Int, body: Data, headers: HTTPHeaders
    ) {
        let response = try await send(request)
        do {
            let body = try await response.body.collect(upTo: 1 << 30)
            return (Int(response.status.code), Data(body.readableBytesView), response.headers)
        } catch {
            throw clientError(error)
        }
    }

    /// Sends a request and reads its answer as JSON.
    func decode<T: Decodable>(_ type: T.Type, _ request: ClientRequest)
        async throws(DirectoryClientError) -> T
    {
        let body = try await answer(request).body
        do { return try JSONDecoder().decode(type, from: body) } catch {
            throw .notAGateway(configuration.server, reason: "its answer is not what was asked for")
        }
    }

    /// Deletes what is at a path. Only a gateway's own answer is believed.
    func remove(_ path: String) async throws(DirectoryClientError) {
        let status = try await answer(ClientRequest(.DELETE, path)).status
        guard status == 204 else {
            throw .notAGateway(configuration.server, reason: "it answered \(status) to a deletion")
        }
    }

    /// Sends a request; returns when the answer begins.
    /// - Throws: for every status that is not a success.
    func send(_ request: ClientRequest) async throws(DirectoryClientError) -> HTTPClientResponse {
        var target = "\(configuration.server)\(request.path)"
        if !request.query.isEmpty {
            target += "?"
            target += request.query.map { "\($0)=\(percentEncoded($1))" }.joined(separator: "&")
        }
        var message = HTTPClientRequest(url: target)
        message.method = request.method
        message.headers.add(name: "Accept", value: request.accept)
        message.headers.add(name: "User-Agent", value: "directory-client/0.1.0")
        if let token = configuration.token {
            message.headers.add(name: "Authorization", value: "Bearer \(token)")
        }
        if let type = request.contentType { message.headers.add(name: "Content-Type", value: type) }
        message.body = request.body
        let response: HTTPClientResponse
        do {
            let http = request.isStream ? streams : operations
            response = try await http.execute(message, timeout: TimeAmount(configuration.timeout))
        } catch {
            throw clientError(error)
        }
        guard (200..<300).contains(response.status.code) else { throw await refusal(response) }
        return response
    }

    private func refusal(_ response: HTTPClientResponse) async -> DirectoryClientError {
        let status = Int(response.status.code)
        // A refusal that stops half-way is one without words.
        let timeout = configuration.timeout
        let body = try? await withThrowingTaskGroup(of: ByteBuffer.self) { group in
            group.addTask { try await response.body.collect(upTo: 1 << 20) }
            group.addTask {
                try await Task.sleep(for: timeout)
                throw HTTPClientError.readTimeout
            }
            defer { group.cancelAll() }
            return try await group.next()
        }
        let type = response.headers.first(name: "Content-Type") ?? ""
        var problem: Problem
        if type.hasPrefix("application/problem+json"), let body,
            let words = try? JSONDecoder().decode(Problem.self, from: Data(body.readableBytesView))
        {
            problem = words
        } else if type.hasPrefix("application/problem+json")
            || [401, 403, 407, 408, 429].contains(status) || status >= 500
        {
            // An answer to HEAD has no words.
            problem = Problem(status: status)
        } else {
            return .notAGateway(configuration.server, reason: "it answered \(status)")
        }
        problem.retryAfter = response.headers.first(name: "Retry-After").flatMap(UInt32.init)
            .map { .seconds(Int($0)) }
        return .refused(problem)
    }

    /// What a fault of the network means to the caller.
    func clientError(_ error: any Error) -> DirectoryClientError {
        let server = configuration.server
        switch error {
        case let error as DirectoryClientError: return error
        case let error as HTTPClientError
        where [.deadlineExceeded, .readTimeout, .connectTimeout].contains(error):
            return .timedOut(server)
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            return .unreachable(server, reason: "the connection was closed")
        // An answer that was cut is a gateway's that fell over, or of something in between.
        case let error as HTTPParserError where error == .invalidEOFState:
            return .unreachable(server, reason: "the connection was closed")
        case is HTTPParserError: return .notAGateway(server, reason: "it does not speak HTTP")
        case let error as NIOConnectionError:
            guard let first = error.connectionErrors.first?.error else {
                return .unreachable(server, reason: "the name has no address")
            }
            return clientError(first)
        case let error as IOError where error.errnoCode == 111:
            return .unreachable(server, reason: "connection refused")
        case ChannelError.connectTimeout: return .timedOut(server)
        case let error as NIOSSLError:
            if case .handshakeFailed = error {
                return .unreachable(
                    server,
                    reason: "no TLS connection: is it https there, and its certificate good?")
            }
            return .unreachable(server, reason: "TLS: \(error)")
        case is CancellationError: return .unreachable(server, reason: "cancelled")
        default: return .unreachable(server, reason: "\(error)")
        }
    }
}
