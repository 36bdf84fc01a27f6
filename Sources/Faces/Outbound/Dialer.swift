internal import Addresses
internal import Directory

/// Finds an address of a host that the policy allows and that accepts connections.
struct Dialer: Sendable {
    /// Resolves a name; blocks the thread.
    typealias Resolve = @Sendable (String, UInt16) throws -> [SocketAddress]

    /// The number of addresses of one host that are tried.
    private static let attemptLimit = 4

    let policy: AddressPolicy
    let timeout: Duration
    let resolve: Resolve

    /// Returns the first address of the host that is allowed and accepts a connection.
    func dial(_ url: RemoteURL, by fetcher: Fetcher) async throws(RemoteError) -> SocketAddress {
        let allowed = try await allowedAddresses(url)
        var reasons: [String] = []
        for address in allowed.prefix(Self.attemptLimit) {
            do {
                try await tryConnection(address, of: url, by: fetcher)
                return address
            } catch {
                reasons.append("\(address): \(RemoteGateway.reason(error))")
            }
        }
        throw RemoteError(
            .unavailable(retryAfter: nil), "cannot be reached: \(reasons.joined(separator: ", "))")
    }

    /// Returns the check of each address that is connected to: the result of `dial` may be old by then.
    func admits(_ url: RemoteURL) -> @Sendable (SocketAddress) -> Bool {
        { [policy, host = url.host] in policy.allows(host: host, $0) }
    }

    private func allowedAddresses(_ url: RemoteURL) async throws(RemoteError) -> [SocketAddress] {
        let addresses: [SocketAddress]
        do {
            addresses = try await Lookup.run(timeout: timeout) { [resolve] in
                try resolve(url.host, url.port)
            }
        } catch {
            throw RemoteError(.unavailable(retryAfter: nil), "has no address: \(error)")
        }
        let allowed = addresses.filter(admits(url))
        guard !allowed.isEmpty else {
            throw RemoteGateway.forbidden(addresses.map(\.host).joined(separator: ", "))
        }
        return allowed
    }

    /// Connects without TLS and sends nothing.
    private func tryConnection(
        _ address: SocketAddress, of url: RemoteURL, by fetcher: Fetcher
    ) async throws(FetchError) {
        _ = try await fetcher.fetch(
            FetchRequest(
                url: "http://\(address)", address: address, admits: admits(url),
                connectsOnly: true, connectTimeout: timeout, timeout: timeout))
    }
}
