internal import Addresses
internal import Directory
public import Libevent
internal import Text

/// A message to a receiver: the body of a POST, and the bounds of its response.
public struct OutboundMessage: Sendable {
    /// The receiver.
    public var url: OutboundURL
    /// Header fields: names and values without controls.
    public var fields: [(name: String, value: String)]
    /// The body.
    public var body: [UInt8]
    /// The longest time of the whole request.
    public var timeout: Duration
    /// Which of the receiver's addresses to use, counted around: another one after a failure.
    public var addressIndex = 0

    /// Makes a message.
    public init(
        url: OutboundURL, fields: [(name: String, value: String)], body: [UInt8], timeout: Duration
    ) {
        self.url = url
        self.fields = fields
        self.body = body
        self.timeout = timeout
    }
}

/// What became of a message.
public enum OutboundResult: Sendable {
    /// The receiver has responded.
    /// - Parameters:
    ///   - status: of the final response.
    ///   - retryAfter: the field `Retry-After`, as received.
    ///   - body: the first bytes of the response.
    case response(status: Int, retryAfter: String?, body: [UInt8])
    /// There was no response: the reason, as a clause in lower case.
    case failure(String)
}

/// Sends messages to receivers. The port of what delivers webhooks.
public protocol MessageTransport: Sendable {
    /// Checks that a receiver has an address that may be reached. Does not connect.
    /// - Throws: `OutboundURLError` with the reason.
    func check(_ url: OutboundURL) async throws(OutboundURLError)
    /// Sends a message once, and waits for the response or the timeout. Redirects are not followed.
    func send(_ message: OutboundMessage) async -> OutboundResult
    /// Cancels all requests and closes all connections.
    func close() async
}

/// Posts messages to URLs that clients name, over connections that are kept for the next message. An
/// actor on the loop of the requests.
public actor MessageSender: MessageTransport {
    /// The most bytes of a response that are kept.
    public static let responseLimit = 4096

    /// The loop, for what has to run on the same thread.
    public nonisolated var loop: EventLoop { outbound.loop }

    private let outbound: OutboundLoop
    private let fetcher: Fetcher
    private let policy: AddressPolicy
    private let userAgent: String
    private let names: NameCache
    private static let headLimit = 16 << 10
    /// The longest time of a name resolution.
    private static let lookupTimeout: Duration = .seconds(5)

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe outbound.loop.asUnownedSerialExecutor()
    }

    /// Makes a sender and starts its loop.
    /// - Parameters:
    ///   - policy: which addresses may be reached.
    ///   - userAgent: what is sent as `User-Agent`.
    ///   - connections: the most connections, idle ones included.
    /// - Throws: if the system has no descriptor or thread left for the loop.
    public init(
        policy: AddressPolicy, userAgent: String, connections: Int
    ) throws(LibeventError) {
        try self.init(policy: policy, userAgent: userAgent, connections: connections) {
            try SocketAddress.resolve(host: $0, port: $1)
        }
    }

    init(
        policy: AddressPolicy, userAgent: String, connections: Int,
        resolve: @escaping Dialer.Resolve
    ) throws(LibeventError) {
        self.policy = policy
        self.userAgent = userAgent
        outbound = try OutboundLoop()
        fetcher = Fetcher(on: outbound, connections: connections)
        names = NameCache(resolve: resolve, timeout: Self.lookupTimeout)
    }

    /// Checks that a receiver has an address that may be reached. Does not connect.
    /// - Throws: `OutboundURLError` with the reason.
    public func check(_ url: OutboundURL) async throws(OutboundURLError) {
        let addresses: [SocketAddress]
        do { addresses = try await names.addresses(of: url.authority) } catch {
            throw OutboundURLError(reason: "has a host without an address: \(error)")
        }
        guard addresses.contains(where: { policy.allows(host: url.host, $0) }) else {
            throw OutboundURLError(reason: Self.forbidden(addresses), isForbidden: true)
        }
    }

    /// Sends a message and waits for the response. Redirects are not followed.
    public func send(_ message: OutboundMessage) async -> OutboundResult {
        let url = message.url
        let addresses: [SocketAddress]
        do { addresses = try await names.addresses(of: url.authority) } catch {
            return .failure("the host has no address: \(error)")
        }
        let allowed = addresses.filter { policy.allows(host: url.host, $0) }
        guard !allowed.isEmpty else { return .failure("the host \(Self.forbidden(addresses))") }
        let address = allowed[abs(message.addressIndex % allowed.count)]
        let request = FetchRequest(
            url: url.description, address: address,
            // Again for the address of the connection, whatever the cache of names says.
            admits: { [policy, host = url.host] in policy.allows(host: host, $0) },
            userAgent: userAgent,
            fields: message.fields.map { "\($0.name): \($0.value)" }, content: message.body,
            connectTimeout: message.timeout, timeout: message.timeout,
            headLimit: Self.headLimit, bodyLimit: Self.responseLimit, keepsBeginning: true)
        do {
            let response = try await fetcher.fetch(request)
            return .response(
                status: response.status, retryAfter: response.retryAfter, body: response.body)
        } catch {
            // The name may lead elsewhere by now.
            names.forget(url.authority)
            return .failure(Self.reason(error))
        }
    }

    /// Cancels all requests and closes all connections.
    public func close() async { await fetcher.close() }

    private static func forbidden(_ addresses: [SocketAddress]) -> String {
        "leads to \(addresses.prefix(4).map(\.host).joined(separator: ", ")), which may not be reached from here"
    }

    private static func reason(_ error: FetchError) -> String {
        switch error {
        case .forbidden(let address): forbidden([address])
        case .headTooLarge: "the head of the response has more than \(headLimit) bytes"
        case .notHTTP(let reason): "the response is not HTTP: \(reason)"
        default: RemoteGateway.reason(error)
        }
    }
}
