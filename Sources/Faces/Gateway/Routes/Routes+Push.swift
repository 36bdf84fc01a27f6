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
                    return .lines { writer in
                        try await pushLines(request, operations, memory, writer)
                    }
                }
                let pushed = try await operations.push(try await request.bytes())
                return .json(
                    ["cid": .string(pushed.cid)], status: pushed.isNew ? .created : .ok,
                    fields: [.location: "/records/\(pushed.cid)"])
            }
        ]
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
                results = await pushed(complete, operations, limit: request.bodyLimit)
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
    ) async -> [JSON] {
        guard !lines.isEmpty else { return [] }
        var next = await operations.push(many: lines.compactMap(\.bytes)).makeIterator()
        return lines.map { line in
            let result = line.bytes == nil ? nil : next.next()
            // Broken JSON has a place within its line: the line is that of the body.
            let members = members(result, limit).filter { !$0.0.hasBytes(of: "line") }
            return .object(members + [("line", .number(line.number))])
        }
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
