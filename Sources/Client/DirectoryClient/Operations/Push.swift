internal import AsyncHTTPClient
public import FoundationEssentials
internal import NIOCore
internal import NIOHTTP1

/// The result of the push of a record.
public struct PushResult: Sendable, Equatable {
    /// The cid.
    public let cid: String
    /// False when the record was stored already.
    public let isNew: Bool
}

extension DirectoryClient {
    /// Stores a record.
    /// - Parameter json: a JSON object.
    /// - Throws: `DirectoryClientError`; `.refused` lists every error of the record.
    public func push(_ json: Data) async throws(DirectoryClientError) -> PushResult {
        var request = ClientRequest(.POST, "/push")
        request.contentType = "application/json"
        request.body = .bytes(json)
        let answer = try await response(to: request)
        guard let pushed = try? ServerJSON.decode(Pushed.self, from: answer.body) else {
            throw .notAGateway(
                configuration.server, reason: "its response is not the expected document")
        }
        return PushResult(cid: pushed.cid, isNew: answer.status == 201)
    }

    /// Stores many records. Returns each result when it arrives, while further records are being
    /// sent. A record that is refused does not stop the others.
    /// - Parameter lines: JSON objects without line ends in them.
    /// - Returns: one result for each line that is not empty, in order, with the number of its line
    ///   from 1. When `lines` throws, the results of the lines before come first, then the
    ///   error.
    public func push<Lines: AsyncSequence & Sendable>(lines: Lines) -> AsyncThrowingStream<
        (line: Int, result: Result<PushResult, Problem>), any Error
    > where Lines.Element == [UInt8] {
        AsyncThrowingStream { continuation in
            let task = Task {
                do {
                    let fault = try await self.push(lines) { continuation.yield($0) }
                    continuation.finish(throwing: fault)
                } catch {
                    continuation.finish(throwing: self.clientError(error))
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    /// Sends the lines and yields the results.
    /// - Returns: why the lines ended early.
    private func push<Lines: AsyncSequence & Sendable>(
        _ lines: Lines, _ yield: ((line: Int, result: Result<PushResult, Problem>)) -> Void
    ) async throws -> (any Error)? where Lines.Element == [UInt8] {
        let upload = UploadLines(lines)
        var request = ClientRequest(.POST, "/push")
        request.contentType = "application/x-ndjson"
        request.accept = "application/x-ndjson"
        request.isStream = true
        request.body = .stream(upload, length: .unknown)
        let response = try await send(request)
        var results = LineBuffer()
        for try await part in response.body {
            results.append(part.readableBytesView)
            while let line = results.line() { yield(try result(Data(line))) }
            guard results.pending <= Self.longestResult else { throw notAResult }
        }
        return upload.fault
    }

    /// The most bytes of a result: a refusal with every error of a record is long.
    private static var longestResult: Int { 16 << 20 }

    private var notAResult: DirectoryClientError {
        .notAGateway(configuration.server, reason: "its response is not the expected document")
    }

    private func result(_ line: Data) throws(DirectoryClientError) -> (
        line: Int, result: Result<PushResult, Problem>
    ) {
        guard let result = try? ServerJSON.decode(LineResult.self, from: line) else {
            throw notAResult
        }
        if let cid = result.cid {
            return (result.line, .success(PushResult(cid: cid, isNew: result.status == 201)))
        }
        guard let problem = try? ServerJSON.decode(Problem.self, from: line) else {
            throw notAResult
        }
        return (result.line, .failure(problem))
    }

    private struct Pushed: Decodable { let cid: String }

    private struct LineResult: Decodable {
        let cid: String?
        let status: Int?
        let line: Int

        private enum CodingKeys: String, CodingKey { case cid, status, line }

        init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            cid = try members.decodeIfPresent(String.self, forKey: .cid)
            status = try members.decodeIfPresent(Int.self, forKey: .status)
            line = members.contains(.line) ? try members.count(.line) : 0
        }
    }
}
