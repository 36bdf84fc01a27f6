internal import Directory
internal import HTTPTypes
internal import LibeventHTTP

extension Routes {
    static let push = [
        Route(.post, "/push", "stores a record (JSON), or many (NDJSON, one a line)") {
            loop, request in
            switch request.contentType {
            case "application/json":
                let pushed = try await loop.context.operations.push(try await request.bytes())
                return .json(
                    .object([("cid", .string(pushed.cid))]),
                    status: pushed.isNew ? .created : .ok,
                    fields: [.location: "/records/\(pushed.cid)"])
            case "application/x-ndjson":
                let operations = loop.context.operations
                return .lines { writer in
                    try await pushLines(request, operations, writer)
                }
            default:
                throw Problem.unsupportedType(
                    request.contentType, accepted: ["application/json", "application/x-ndjson"])
            }
        }
    ]

    /// Stores records as they come, those that are here together in one commit, and answers each
    /// with a line: the client sees the results while it still sends.
    private static func pushLines(
        _ request: Request, _ operations: Operations, _ writer: consuming LineWriter
    ) async throws {
        var lines = LineSplitter(limit: request.bodyLimit)
        var isOver = false
        while !isOver {
            var results: [JSON] = []
            do throws(RequestBodyError) {
                let part = try await request.body.next()
                isOver = part == nil
                let complete = part.map { lines.add($0) } ?? lines.finish()
                results = await pushed(complete, operations, limit: request.bodyLimit)
            } catch {
                // The lines before have been stored and answered; this one says why it ends here.
                results = [.object(Problem(error, limit: request.bodyLimit).members)]
                isOver = true
            }
            if !results.isEmpty { try await writer.write(results) }
        }
        writer.finish()
    }

    private static func pushed(
        _ lines: [LineSplitter.Line], _ operations: Operations, limit: Int
    ) async -> [JSON] {
        let records = lines.compactMap { if case .whole(let bytes) = $0 { bytes } else { nil } }
        var results: [Result<Operations.Pushed, DirectoryError>]
        do { results = try await operations.push(many: records) } catch {
            results = records.map { _ in .failure(error) }
        }
        var next = results.makeIterator()
        return lines.map { line in
            guard case .whole = line, let result = next.next() else {
                return .object(Problem(.tooLarge, limit: limit).members)
            }
            switch result {
            case .success(let pushed):
                return .object([
                    ("cid", .string(pushed.cid)), ("status", .number(pushed.isNew ? 201 : 200)),
                ])
            case .failure(let error): return .object(Problem(error).members)
            }
        }
    }
}
