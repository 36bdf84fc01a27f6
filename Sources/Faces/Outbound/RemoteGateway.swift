internal import Addresses
internal import Directory
internal import Text

/// Another gateway, over HTTP. Every response is bounded in time and size. Redirects are not followed.
final class RemoteGateway: RemoteDirectory {
    private let url: RemoteURL
    private let address: SocketAddress
    private let admits: @Sendable (SocketAddress) -> Bool
    private let limits: RemoteLimits
    private let userAgent: String
    private let fetcher: Fetcher

    /// Makes the client of a remote gateway.
    /// - Parameters:
    ///   - address: the address of every request.
    ///   - admits: checks that address again, for each request.
    ///   - fetcher: for this remote alone; its connections end with `close()` or with the object.
    init(
        url: RemoteURL, address: SocketAddress,
        admits: @escaping @Sendable (SocketAddress) -> Bool, limits: RemoteLimits,
        userAgent: String, fetcher: Fetcher
    ) {
        self.url = url
        self.address = address
        self.admits = admits
        self.limits = limits
        self.userAgent = userAgent
        self.fetcher = fetcher
    }

    func published(after cursor: String?) async throws(RemoteError) -> RemotePage {
        let after = cursor.map { "&after=\(PercentCoding.encode($0))" } ?? ""
        let path = "/records?published=true&limit=200\(after)"
        do {
            let body = try await get(path, limit: limits.listingBytes)
            return try await Self.page(body, limits)
        } catch  where error.kind == .notFound || error.kind == .badAnswer {
            throw RemoteError(
                .badAnswer, "does not look like a Directory Gateway: GET /records \(error.reason)")
        }
    }

    func record(_ cid: String) async throws(RemoteError) -> [UInt8] {
        try await get("/records/\(cid)", limit: limits.recordBytes)
    }

    func signatures(of cid: String) async throws(RemoteError) -> [RemoteSignature] {
        try await Self.signatures(
            try await get("/records/\(cid)/signatures", limit: limits.signaturesBytes), limits)
    }

    func close() async { await fetcher.close() }

    private func get(_ path: String, limit: Int) async throws(RemoteError) -> [UInt8] {
        let response: FetchResponse
        do {
            response = try await fetcher.fetch(
                FetchRequest(
                    url: "\(url)\(path)", address: address, admits: admits, userAgent: userAgent,
                    connectTimeout: limits.connectTimeout, timeout: limits.requestTimeout,
                    headLimit: limits.headBytes, bodyLimit: limit))
        } catch {
            throw remoteError(error, limit: limit)
        }
        try Self.check(response)
        return response.body
    }

    private static func check(_ response: FetchResponse) throws(RemoteError) {
        let code = response.status
        switch code {
        case 200: return
        case 300..<400:
            let target = response.location.map {
                " to \(String(decoding: $0.utf8.prefix(200), as: UTF8.self))"
            }
            throw RemoteError(
                .badAnswer,
                "responded with \(code), a redirect\(target ?? ""), which is not followed; name the gateway's own address"
            )
        case 401, 403:
            throw RemoteError(.badAnswer, "responded with \(code): it does not let us read there")
        case 404: throw RemoteError(.notFound, "responded with 404: it is not there")
        case 408, 429, 502, 503, 504:
            let pause = response.retryAfter.flatMap {
                DurationText.parseSeconds($0, atMost: .seconds(86_400))
            }
            throw RemoteError(.unavailable(retryAfter: pause), "responded with \(code)")
        default: throw RemoteError(.badAnswer, "responded with \(code)")
        }
    }

    private func remoteError(_ error: FetchError, limit: Int) -> RemoteError {
        switch error {
        case .forbidden(let address): Self.forbidden(address.host)
        case .bodyTooLarge: RemoteError(.badAnswer, "responded with more than \(limit) bytes")
        case .headTooLarge:
            RemoteError(.badAnswer, "responded with a head of more than \(limits.headBytes) bytes")
        case .notHTTP(let reason): RemoteError(.badAnswer, "does not speak HTTP: \(reason)")
        case .timedOut: RemoteError(.unavailable(retryAfter: nil), "did not answer in time")
        case .closed: RemoteError(.unavailable(retryAfter: nil), "closed the connection")
        case .failed, .cancelled:
            RemoteError(
                .unavailable(retryAfter: nil), "cannot be reached: \(Self.reason(error))")
        }
    }

    /// Returns the error for addresses that the policy does not allow.
    static func forbidden(_ addresses: String) -> RemoteError {
        RemoteError(.forbidden, "leads to \(addresses), which may not be reached from here")
    }

    /// Describes an error of the network briefly.
    static func reason(_ error: FetchError) -> String {
        switch error {
        case .timedOut: "no answer in time"
        case .failed(let reason), .notHTTP(let reason): reason
        case .forbidden: "may not be reached from here"
        case .closed: "the connection was closed"
        case .cancelled: "cancelled"
        case .headTooLarge, .bodyTooLarge: "too large"
        }
    }

    @concurrent
    private static func page(_ body: [UInt8], _ limits: RemoteLimits) async throws(RemoteError)
        -> RemotePage
    { try readPage(body, limits) }

    /// Parses a page of a listing.
    static func readPage(_ body: [UInt8], _ limits: RemoteLimits) throws(RemoteError) -> RemotePage
    {
        guard let json = try? JSONParser.parse(body, valueLimit: limits.values),
            let records = json["records"]?.array
        else {
            throw RemoteError(.badAnswer, "responded with something else than records")
        }
        var items: [RemotePage.Item] = []
        for record in records {
            guard let cid = record["cid"]?.string else {
                throw RemoteError(.badAnswer, "responded with a record without a cid")
            }
            items.append(.init(cid: cid, signatures: Self.count(record["signatures"])))
        }
        switch json["next"] {
        case nil, .null: return RemotePage(items: items, next: nil)
        case .string(let next): return RemotePage(items: items, next: next)
        case .some: throw RemoteError(.badAnswer, "responded with a cursor that is none")
        }
    }

    /// Returns a number of signatures; nil (unknown) if the value cannot be one.
    private static func count(_ value: JSONValue?) -> Int? {
        value?.number.flatMap { (0...1_000_000).contains($0) ? Int(exactly: $0) : nil }
    }

    @concurrent
    private static func signatures(_ body: [UInt8], _ limits: RemoteLimits)
        async throws(RemoteError) -> [RemoteSignature]
    { try readSignatures(body, limits) }

    /// Parses the signatures of a record.
    static func readSignatures(_ body: [UInt8], _ limits: RemoteLimits) throws(RemoteError)
        -> [RemoteSignature]
    {
        guard let json = try? JSONParser.parse(body, valueLimit: limits.values),
            let list = json["signatures"]?.array
        else {
            throw RemoteError(.badAnswer, "responded with something else than signatures")
        }
        return list.compactMap { item in
            guard let signature = item["signature"]?.string, let key = item["public_key"]?.string
            else { return nil }
            return RemoteSignature(signature: signature, publicKey: key)
        }
    }
}
