internal import EventHub
internal import Events
internal import HTTPTypes
internal import LibeventHTTP
internal import Text

/// How a route answers.
enum Reply {
    /// With a whole response.
    case response(Response)
    /// With a body of known length that is read as the client takes it.
    case body(HTTPFields, length: Int, (consuming ResponseWriter) async throws -> Void)
    /// With lines that are written as they come to be.
    case lines((consuming LineWriter) async throws -> Void)
    /// With a stream of events.
    case events(Subscription)

    /// What a stream needs to begin.
    struct Subscription {
        let filter: EventFilter
        let encoding: EventEncoding
        /// Why the stream must not begin; nil when it may.
        var refusal: Refusal?
    }

    /// A JSON document.
    static func json(
        _ json: JSON, status: HTTPResponse.Status = .ok, fields: HTTPFields = [:]
    ) -> Reply {
        var fields = fields
        fields[.contentType] = "application/json"
        fields[.cacheControl] = "no-store"
        return .response(Response(status: status, fields: fields, body: json.line + [0x0A]))
    }

    /// A JSON document that may be large: made and encoded elsewhere than on the loop.
    @concurrent
    static func largeJSON(_ make: @Sendable () -> JSON) async -> Response {
        let fields: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
        return Response(status: .ok, fields: fields, body: make().line + [0x0A])
    }

    /// Nothing but the status.
    static func empty(_ status: HTTPResponse.Status, fields: HTTPFields = [:]) -> Reply {
        .response(Response(status: status, fields: fields))
    }
}

/// Writes the lines of an NDJSON answer and counts their bytes.
struct LineWriter: ~Copyable {
    private let writer: ResponseWriter
    private let count: (Int) -> Void

    init(_ writer: consuming ResponseWriter, count: @escaping (Int) -> Void) {
        self.writer = writer
        self.count = count
    }

    /// Sends some lines at once; waits while the client does not read.
    func write(_ lines: [JSON]) async throws {
        let bytes = await Self.encode(lines)
        count(bytes.count)
        try await writer.write(bytes)
    }

    /// Many lines take time: they leave the loop.
    @concurrent
    private static func encode(_ lines: [JSON]) async -> [UInt8] {
        lines.reduce(into: []) { $0 += $1.line + [0x0A] }
    }

    /// Ends the answer.
    consuming func finish() { writer.finish() }
}
