public import Directory
public import Libevent

/// Reaches other gateways over HTTP, if the policy allows their address.
public struct RemoteGatewayConnector: RemoteConnector {
    private let limits: RemoteLimits
    private let userAgent: String
    private let dialer: Dialer
    private let outbound: OutboundLoop

    /// - Parameters:
    ///   - policy: which addresses may be reached.
    ///   - limits: what a remote may cost.
    ///   - userAgent: what is sent as `User-Agent`.
    /// - Throws: when the system has no descriptor or thread left for the loop of the requests.
    public init(
        policy: AddressPolicy, limits: RemoteLimits, userAgent: String
    ) throws(LibeventError) {
        try self.init(policy: policy, limits: limits, userAgent: userAgent) {
            try SocketAddress.resolve(host: $0, port: $1)
        }
    }

    init(
        policy: AddressPolicy, limits: RemoteLimits, userAgent: String,
        resolve: @escaping Dialer.Resolve
    ) throws(LibeventError) {
        self.limits = limits
        self.userAgent = userAgent
        dialer = Dialer(policy: policy, timeout: limits.connectTimeout, resolve: resolve)
        outbound = try OutboundLoop()
    }

    public func check(_ url: String) async throws(RemoteError) -> String {
        let remote = try RemoteURL(url)
        _ = try await dialer.dial(remote, by: Fetcher(on: outbound, connections: 1))
        return remote.description
    }

    public func connect(_ url: String) async throws(RemoteError) -> any RemoteDirectory {
        let remote = try RemoteURL(url)
        // Connections of its own, which end with it.
        let fetcher = Fetcher(on: outbound, connections: limits.connections)
        let address = try await dialer.dial(remote, by: fetcher)
        // Where it was looked at is where it goes: a name can lead elsewhere a moment later.
        return RemoteGateway(
            url: remote, address: address, admits: dialer.admits(remote), limits: limits,
            userAgent: userAgent, fetcher: fetcher)
    }
}
