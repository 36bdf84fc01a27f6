internal import AsyncHTTPClient
public import Directory
internal import Libevent
internal import NIOCore
internal import NIOPosix

/// Reaches other gateways over HTTP, if the policy allows their address.
public struct RemoteGatewayConnector: RemoteConnector {
    private let policy: AddressPolicy
    private let limits: RemoteLimits
    private let userAgent: String
    private let reach: Reach

    public init(policy: AddressPolicy, limits: RemoteLimits, userAgent: String) {
        self.init(policy: policy, limits: limits, userAgent: userAgent) {
            try Libevent.SocketAddress.resolve(host: $0, port: $1)
        }
    }

    init(
        policy: AddressPolicy, limits: RemoteLimits, userAgent: String,
        resolve: @escaping Reach.Resolve
    ) {
        self.policy = policy
        self.limits = limits
        self.userAgent = userAgent
        reach = Reach(resolve: resolve, timeout: limits.connectTimeout)
    }

    public func check(_ url: String) async throws(RemoteError) -> String {
        let remote = try RemoteURL(url)
        _ = try await reach(remote)
        return remote.description
    }

    public func connect(_ url: String) async throws(RemoteError) -> any RemoteDirectory {
        let remote = try RemoteURL(url)
        let address = try await reach(remote)
        var configuration = HTTPClient.Configuration()
        // Where it was looked at is where it goes: a name can lead elsewhere a moment later.
        configuration.dnsOverride = [remote.host: address.host]
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.timeout = .init(
            connect: TimeAmount(limits.connectTimeout), read: TimeAmount(limits.requestTimeout))
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = limits.connections
        // Whoever asks has patience of its own.
        configuration.connectionPool.retryConnectionEstablishment = false
        return RemoteGateway(
            url: remote, limits: limits, userAgent: userAgent,
            client: HTTPClient(
                eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
        )
    }

    /// The first address of the host that is allowed and takes a connection.
    private func reach(_ url: RemoteURL) async throws(RemoteError) -> Libevent.SocketAddress {
        let addresses: [Libevent.SocketAddress]
        do {
            addresses = try await reach.addresses(url.host, url.port)
        } catch {
            throw RemoteError(
                .unavailable(retryAfter: nil), "has no address: \(Self.reason(error))")
        }
        let allowed = addresses.filter { policy.allows(host: url.host, $0) }
        guard !allowed.isEmpty else {
            let list = addresses.map(\.host).joined(separator: ", ")
            throw RemoteError(.forbidden, "leads to \(list), which may not be reached from here")
        }
        var reasons: [String] = []
        for address in allowed.prefix(4) {
            do {
                try await reach.tryConnection(address)
                return address
            } catch {
                reasons.append("\(address): \(Self.reason(error))")
            }
        }
        throw RemoteError(
            .unavailable(retryAfter: nil), "cannot be reached: \(reasons.joined(separator: ", "))")
    }

    /// A fault of the network in few words.
    static func reason(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { reason($0.error) } ?? "no connection"
        case let error as IOError: error.errnoCode == 111 ? "connection refused" : "\(error)"
        case ChannelError.connectTimeout: "no answer in time"
        default: "\(error)"
        }
    }
}
