internal import Addresses
public import Libevent

/// Fetches small documents from addresses that the operator has named, such as a key set.
public struct DocumentFetcher: Sendable {
    /// Why a document could not be fetched.
    public struct Failure: Error, CustomStringConvertible {
        /// The reason, for the log.
        public let description: String
    }

    private let outbound: OutboundLoop
    private let userAgent: String
    private let authorities: String?
    private static let bodyLimit = 1 << 20
    private static let headLimit = 16 << 10
    private static let timeout: Duration = .seconds(10)

    /// Makes a fetcher and starts the loop of its requests.
    /// - Parameters:
    ///   - userAgent: what is sent as `User-Agent`.
    ///   - authorities: a file of trusted certificates (PEM); nil means those of the system.
    /// - Throws: if the system has no descriptor or thread left for the loop.
    public init(userAgent: String, authorities: String? = nil) throws(LibeventError) {
        self.userAgent = userAgent
        self.authorities = authorities
        outbound = try OutboundLoop()
    }

    /// Returns the body of the document at a URL, of at most 1 MiB. Redirects are not followed.
    /// - Throws: `Failure`, after 10 s at the latest.
    public func fetch(_ url: String) async throws -> [UInt8] {
        let remote: RemoteURL
        do { remote = try RemoteURL(url) } catch {
            throw Failure(description: "\(error)")
        }
        let addresses = try await Lookup.run(timeout: Self.timeout) {
            try SocketAddress.resolve(host: remote.host, port: remote.port)
        }
        guard let address = addresses.first else {
            throw Failure(description: "the name \(remote.host) has no address")
        }
        let request = FetchRequest(
            url: remote.description, address: address, admits: { _ in true }, userAgent: userAgent,
            authorities: authorities, connectTimeout: Self.timeout, timeout: Self.timeout,
            headLimit: Self.headLimit, bodyLimit: Self.bodyLimit)
        let response: FetchResponse
        do { response = try await Fetcher(on: outbound, connections: 1).fetch(request) } catch {
            throw Failure(description: "\(error)")
        }
        guard response.status == 200 else {
            throw Failure(description: "the response has status \(response.status)")
        }
        return response.body
    }
}
