internal import AsyncHTTPClient
internal import Directory
internal import NIOCore
internal import NIOHTTP1
internal import Text

/// Another gateway, over HTTP. Every answer is bounded in time and size, and no redirect is followed.
final class RemoteGateway: RemoteDirectory {
    private let url: RemoteURL
    private let limits: RemoteLimits
    private let userAgent: String
    private let client: HTTPClient

    init(url: RemoteURL, limits: RemoteLimits, userAgent: String, client: HTTPClient) {
        self.url = url
        self.limits = limits
        self.userAgent = userAgent
        self.client = client
    }

    // Whoever forgets to close leaves no connections behind; closing twice does nothing.
    deinit { _ = client.shutdown() }

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

    func close() async { try? await client.shutdown() }

    private func get(_ path: String, limit: Int) async throws(RemoteError) -> [UInt8] {
        var request = HTTPClientRequest(url: "\(url)\(path)")
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "User-Agent", value: userAgent)
        do {
            return try await fetch(request, limit: limit)
        } catch let error as RemoteError {
            throw error
        } catch {
            throw Self.remoteError(error, limit: limit)
        }
    }

    /// One answer. The client bounds the time up to its head and each silence in its body; the clock
    /// is looked at with every part, because a remote can send a byte now and then for ever.
    private func fetch(_ request: HTTPClientRequest, limit: Int) async throws -> [UInt8] {
        let deadline = ContinuousClock.now + limits.requestTimeout
        let response = try await client.execute(
            request, timeout: TimeAmount(limits.requestTimeout))
        try Self.check(response)
        var body: [UInt8] = []
        for try await part in response.body {
            guard body.count + part.readableBytes <= limit else {
                throw NIOTooManyBytesError(maxBytes: limit)
            }
            body += part.readableBytesView
            guard ContinuousClock.now < deadline else { throw HTTPClientError.deadlineExceeded }
        }
        return body
    }

    private static func check(_ response: HTTPClientResponse) throws(RemoteError) {
        let code = response.status.code
        switch code {
        case 200: return
        case 300..<400:
            let target = response.headers.first(name: "Location").map {
                " to \(String(decoding: $0.utf8.prefix(200), as: UTF8.self))"
            }
            throw RemoteError(
                .badAnswer,
                "answered \(code), a redirect\(target ?? ""), which is not followed; name the gateway's own address"
            )
        case 401, 403:
            throw RemoteError(.badAnswer, "answered \(code): it does not let us read there")
        case 404: throw RemoteError(.notFound, "answered 404: it is not there")
        case 408, 429, 502, 503, 504:
            let seconds = response.headers.first(name: "Retry-After").flatMap { UInt32($0) }
            throw RemoteError(
                .unavailable(retryAfter: seconds.map { .seconds(Int($0)) }), "answered \(code)")
        default: throw RemoteError(.badAnswer, "answered \(code)")
        }
    }

    private static func remoteError(_ error: any Error, limit: Int) -> RemoteError {
        switch error {
        case is NIOTooManyBytesError:
            RemoteError(.badAnswer, "answered with more than \(limit) bytes")
        case let error as HTTPClientError
        where [.deadlineExceeded, .readTimeout, .connectTimeout].contains(error):
            RemoteError(.unavailable(retryAfter: nil), "did not answer in time")
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            RemoteError(.unavailable(retryAfter: nil), "closed the connection")
        case is HTTPParserError:
            RemoteError(.badAnswer, "does not speak HTTP: \(error)")
        default:
            RemoteError(
                .unavailable(retryAfter: nil),
                "cannot be reached: \(RemoteGatewayConnector.reason(error))")
        }
    }

    @concurrent
    private static func page(_ body: [UInt8], _ limits: RemoteLimits) async throws(RemoteError)
        -> RemotePage
    { try readPage(body, limits) }

    /// Reads a page of a listing.
    static func readPage(_ body: [UInt8], _ limits: RemoteLimits) throws(RemoteError) -> RemotePage
    {
        guard let json = try? JSONParser.parse(body, valueLimit: limits.values),
            let records = json["records"]?.array
        else {
            throw RemoteError(.badAnswer, "answered with something else than records")
        }
        var items: [RemotePage.Item] = []
        for record in records {
            guard let cid = record["cid"]?.string else {
                throw RemoteError(.badAnswer, "answered with a record without a cid")
            }
            items.append(.init(cid: cid, signatures: Self.count(record["signatures"])))
        }
        switch json["next"] {
        case nil, .null: return RemotePage(items: items, next: nil)
        case .string(let next): return RemotePage(items: items, next: next)
        case .some: throw RemoteError(.badAnswer, "answered with a cursor that is none")
        }
    }

    /// A number of signatures: what cannot be one counts as unknown.
    private static func count(_ value: JSONValue?) -> Int? {
        value?.number.flatMap { (0...1_000_000).contains($0) ? Int(exactly: $0) : nil }
    }

    @concurrent
    private static func signatures(_ body: [UInt8], _ limits: RemoteLimits)
        async throws(RemoteError) -> [RemoteSignature]
    { try readSignatures(body, limits) }

    /// Reads the signatures of a record.
    static func readSignatures(_ body: [UInt8], _ limits: RemoteLimits) throws(RemoteError)
        -> [RemoteSignature]
    {
        guard let json = try? JSONParser.parse(body, valueLimit: limits.values),
            let list = json["signatures"]?.array
        else {
            throw RemoteError(.badAnswer, "answered with something else than signatures")
        }
        return list.compactMap { item in
            guard let signature = item["signature"]?.string, let key = item["public_key"]?.string
            else { return nil }
            return RemoteSignature(signature: signature, publicKey: key)
        }
    }
}
