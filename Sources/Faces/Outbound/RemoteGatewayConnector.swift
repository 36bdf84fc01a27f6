internal import Addresses
public import Directory
public import Libevent

/// Connects to other gateways over HTTP, if the policy allows their address.
public struct RemoteGatewayConnector: RemoteConnector {
    private let limits: RemoteLimits
    private let userAgent: String
    private let dialer: Dialer
    private let outbound: OutboundLoop

    /// Makes a connector and starts the loop of its requests.
    /// - Parameters:
    ///   - policy: which addresses may be reached.
    ///   - limits: the bounds of requests and responses.
    ///   - userAgent: what is sent as `User-Agent`.
    /// - Throws: if the system has no descriptor or thread left for the loop.
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

    /// Checks that an address is allowed and accepts connections. From any thread.
    /// - Returns: the address in its normal form.
    /// - Throws: `RemoteError` of the kinds `invalidAddress`, `forbidden` and `unavailable`.
    public func check(_ url: String) async throws(RemoteError) -> String {
        let remote = try RemoteURL(url)
        _ = try await dialer.dial(remote, by: Fetcher(on: outbound, connections: 1))
        return remote.description
    }

    /// Connects to the gateway at an address. From any thread.
    /// - Throws: as `check(_:)`.
    public func connect(_ url: String) async throws(RemoteError) -> any RemoteDirectory {
        let remote = try RemoteURL(url)
        // Connections of its own, which end with it.
        let fetcher = Fetcher(on: outbound, connections: limits.connections)
        let address = try await dialer.dial(remote, by: fetcher)
        // Every request goes to the address that was checked: the name may resolve to another later.
        return RemoteGateway(
            url: remote, address: address, admits: dialer.admits(remote), limits: limits,
            userAgent: userAgent, fetcher: fetcher)
    }
}
