internal import AsyncHTTPClient
public import FoundationEssentials
internal import NIOCore
internal import NIOHTTP1

/// What became of a pushed record.
public struct PushResult: Sendable, Equatable {
    public let cid: String
    /// False when the record was stored already.
    public let isNew: Bool
}

/// A record in a listing.
public struct RecordSummary: Sendable, Equatable, Codable {
    public let cid: String
    public let name: String
    public let version: String
    public let schemaVersion: String
    /// As the record says it.
    public let createdAt: String
    /// RFC 3339.
    public let pushedAt: String
    /// Bytes of canonical JSON.
    public let size: Int
    public let isPublished: Bool
    public let labels: [String]

    private enum CodingKeys: String, CodingKey {
        case cid, name, version, size, labels
        case schemaVersion = "schema_version"
        case createdAt = "created_at"
        case pushedAt = "pushed_at"
        case isPublished = "published"
    }
}

/// Which records to list: AND between the kinds, OR inside a kind.
public struct RecordQuery: Sendable, Equatable {
    /// Parts of labels.
    public var labels: [String] = []
    /// Whole names, in any case, with the wildcards `*` and `?`.
    public var names: [String] = []
    /// Versions, likewise.
    public var versions: [String] = []
    public var isPublished: Bool?

    public init() {}

    fileprivate var items: [(String, String)] {
        labels.map { ("label", $0) } + names.map { ("name", $0) }
            + versions.map { ("version", $0) }
            + (isPublished.map { [("published", $0 ? "true" : "false")] } ?? [])
    }
}

/// What is known of a record without its content.
public struct RecordInfo: Sendable, Equatable, Codable {
    public let cid: String
    /// Bytes of canonical JSON.
    public let size: Int
    public let labels: [String]
}

extension DirectoryClient {
    /// Stores a record.
    /// - Parameter json: a JSON object.
    /// - Throws: `DirectoryClientError`; `.refused` lists every fault of the record.
    public func push(_ json: Data) async throws(DirectoryClientError) -> PushResult {
        var request = ClientRequest(.POST, "/push")
        request.contentType = "application/json"
        request.body = .bytes(json)
        let answer = try await answer(request)
        guard let pushed = try? JSONDecoder().decode(Pushed.self, from: answer.body) else {
            throw .notAGateway(
                configuration.server, reason: "its answer is not what was asked for")
        }
        return PushResult(cid: pushed.cid, isNew: answer.status == 201)
    }

    /// Stores many records, each on its own merits, and gives each result as it comes: the records
    /// are still being sent meanwhile.
    /// - Parameter lines: JSON objects without line ends in them.
    /// - Returns: one result for each line that is not empty, in order, with the number of its line
    ///   from 1.
    public func push<Lines: AsyncSequence & Sendable>(lines: Lines) -> AsyncThrowingStream<
        (line: Int, result: Result<PushResult, Problem>), any Error
    > where Lines.Element == [UInt8] {
        AsyncThrowingStream { continuation in
            let task = Task {
                do {
                    try await self.push(lines) { continuation.yield($0) }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: self.clientError(error))
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    private func push<Lines: AsyncSequence & Sendable>(
        _ lines: Lines, _ yield: ((line: Int, result: Result<PushResult, Problem>)) -> Void
    ) async throws where Lines.Element == [UInt8] {
        var request = ClientRequest(.POST, "/push")
        request.contentType = "application/x-ndjson"
        request.accept = "application/x-ndjson"
        request.isStream = true
        request.body = .stream(lines.map { ByteBuffer(bytes: $0 + [0x0A]) }, length: .unknown)
        let response = try await send(request)
        var rest: [UInt8] = []
        for try await part in response.body {
            rest += part.readableBytesView
            while let end = rest.firstIndex(of: 0x0A) {
                let line = Data(rest[..<end])
                rest.removeSubrange(...end)
                let result = try JSONDecoder().decode(LineResult.self, from: line)
                if let cid = result.cid {
                    yield(
                        (
                            result.line ?? 0,
                            .success(PushResult(cid: cid, isNew: result.status == 201))
                        ))
                } else {
                    let problem = try JSONDecoder().decode(Problem.self, from: line)
                    yield((result.line ?? 0, .failure(problem)))
                }
            }
        }
    }

    /// Reads a record: exactly its canonical JSON, which hashes to its cid.
    public func pull(_ cid: String) async throws(DirectoryClientError) -> Data {
        try await answer(ClientRequest(.GET, "/records/\(percentEncoded(cid))")).body
    }

    /// Looks a record up, without reading it.
    public func info(_ cid: String) async throws(DirectoryClientError) -> RecordInfo {
        let headers: HTTPHeaders
        do {
            headers = try await answer(ClientRequest(.HEAD, "/records/\(percentEncoded(cid))"))
                .headers
        } catch .refused(let problem) where problem.status == 404 {
            throw .refused(Problem(missing: cid))
        }
        let labels = headers["Directory-Labels"].flatMap { $0.split(separator: ",") }.map {
            percentDecoded($0.drop { $0 == " " })
        }
        let size = headers.first(name: "Content-Length").flatMap(Int.init) ?? 0
        return RecordInfo(cid: cid, size: size, labels: labels)
    }

    /// Deletes a record; succeeds for one that is not stored.
    public func delete(_ cid: String) async throws(DirectoryClientError) {
        try await remove("/records/\(percentEncoded(cid))")
    }

    /// A page of records, newest first.
    /// - Parameter after: `next` of the page before.
    public func records(
        _ query: RecordQuery = RecordQuery(), limit: Int = 100, after: String? = nil
    ) async throws(DirectoryClientError) -> (records: [RecordSummary], next: String?) {
        let items =
            query.items + [("limit", String(limit))] + (after.map { [("after", $0)] } ?? [])
        let page = try await decode(Page.self, ClientRequest(.GET, "/records", query: items))
        return (page.records, page.next)
    }

    private struct Page: Decodable {
        let records: [RecordSummary]
        let next: String?
    }

    private struct Pushed: Decodable { let cid: String }

    private struct LineResult: Decodable {
        let cid: String?
        let status: Int?
        let line: Int?
    }
}

extension Problem {
    /// Of a record that is not stored, when the answer has no words.
    fileprivate init(missing cid: String) {
        self.init(
            type: "urn:directory-gateway:problem:record-not-found", title: "No such record",
            status: 404, detail: "No record with this cid is stored here: \(cid).",
            remedy: "Push it first, or look for it with a search.", faults: [])
    }
}
