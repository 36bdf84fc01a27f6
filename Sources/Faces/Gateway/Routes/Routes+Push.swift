internal import Authentication
internal import Directory
internal import Frames
internal import HTTPServer
internal import HTTPTypes
internal import Text

extension Routes {
    static func push(_ operations: any DirectoryOperations, memory: MemoryBudget) -> [Route] {
        [
            Route(
                .post, "/push", "stores a record (JSON), or many (NDJSON, one per line)",
                scope: .writeRecords,
                accepts: ["application/json", "application/x-ndjson"],
                responses: [
                    (201, "the record is new: its cid"),
                    (
                        200,
                        "the record was stored already: its cid; of NDJSON, a result for each line"
                    ),
                ]
            ) { request in
                if request.contentType.hasBytes(of: "application/x-ndjson") {
                    if request.run != nil {
                        return .response(try await pushWhole(request, operations))
                    }
                    return .lines { writer in
                        try await pushLines(request, operations, memory, writer)
                    }
                }
                let body = try await request.bytes()
                let pushed = try await request.keep({ (pushed: [Operations.Pushed]) in
                    response(pushed[0])
                }) { try await operations.push(body) }
                return .response(response(pushed))
            }
        ]
    }

    private static func response(_ pushed: Operations.Pushed) -> Response {
        Response(
            json: ["cid": .string(pushed.cid)], status: pushed.isNew ? .created : .ok,
            fields: [.location: "/records/\(pushed.cid)"])
    }

    /// The most lines of a request with an idempotency key, because its response is stored as a
    /// whole.
    private static let keyedLines = 10_000

    /// Stores the records of a request with an idempotency key: all lines in one commit.
    private static func pushWhole(_ request: Request, _ operations: any DirectoryOperations)
        async throws
        -> Response
    {
        let lines = await split(try await request.bytes(), limit: request.bodyLimit)
        guard lines.count <= keyedLines else { throw Problem.tooManyKeyedLines(keyedLines) }
        let results = await pushed(lines, operations, limit: request.bodyLimit)
        // What the store could not take may succeed when it is sent again.
        if results.contains(where: \.isServerError) { request.run?.abandon() }
        return Response(
            fields: [.contentType: "application/x-ndjson", .cacheControl: "no-store"],
            body: await LineWriter.encode(results.map(\.json)))
    }

    @concurrent
    private static func split(_ bytes: [UInt8], limit: Int) async -> [LineSplitter.Line] {
        var splitter = LineSplitter(limit: limit)
        return splitter.add(bytes) + splitter.finish()
    }

    /// Stores records as they arrive, those that arrive together in one commit. Sends a result for each
    /// line, while the client sends further lines.
    private static func pushLines(
        _ request: Request, _ operations: any DirectoryOperations, _ memory: MemoryBudget,
        _ writer: consuming LineWriter
    ) async throws {
        var lines = LineSplitter(limit: request.bodyLimit)
        var held = MemoryReservation(memory)
        var isOver = false
        while !isOver {
            var results: [JSON] = []
            do throws(RequestBodyError) {
                let part = try await request.body.next()
                isOver = part == nil
                let complete = part.map { lines.add($0) } ?? lines.finish()
                guard held.resize(to: lines.pendingCount) else { throw .outOfMemory }
                results = await pushed(complete, operations, limit: request.bodyLimit).map(\.json)
            } catch {
                // The lines before are stored and have their results; this result says why the push ends.
                results = [.object(Problem(error, limit: request.bodyLimit).members)]
                isOver = true
            }
            if !results.isEmpty { try await writer.write(results) }
        }
        writer.finish()
    }

    private static func pushed(
        _ lines: [LineSplitter.Line], _ operations: any DirectoryOperations, limit: Int
    ) async -> [LineResult] {
        guard !lines.isEmpty else { return [] }
        var next = await operations.push(many: lines.compactMap(\.bytes)).makeIterator()
        return lines.map { line in
            let result = line.bytes == nil ? nil : next.next()
            var isServerError = false
            if case .failure(let error)? = result {
                isServerError = Problem(error).status.code >= 500
            }
            // Broken JSON has a place within its line: the line is that of the body.
            let members = members(result, limit).filter { !$0.0.hasBytes(of: "line") }
            return LineResult(
                json: .object(members + [("line", .number(line.number))]),
                isServerError: isServerError)
        }
    }

    /// The result of one line.
    private struct LineResult {
        let json: JSON
        let isServerError: Bool
    }

    private static func members(_ result: Result<Operations.Pushed, DirectoryError>?, _ limit: Int)
        -> [(String, JSON)]
    {
        switch result {
        case nil: Problem.tooLongLine(limit).members
        case .success(let pushed):
            [("cid", .string(pushed.cid)), ("status", .number(pushed.isNew ? 201 : 200))]
        case .failure(let error): Problem(error).members
        }
    }
}

extension Problem {
    /// The problem of an NDJSON push with an idempotency key and too many lines.
    fileprivate static func tooManyKeyedLines(_ limit: Int) -> Problem {
        Problem(
            .contentTooLarge, "too-large", "Content too large",
            "The body has more than \(limit) lines, which is too much with an Idempotency-Key.",
            remedy: "Send the lines in several requests, or without a key.")
    }
}
