internal import Authentication
internal import EventHub
internal import Events
internal import HTTPServer
internal import HTTPTypes
internal import Text

/// The response of a route.
enum RouteResponse {
    /// A response with its whole body.
    case response(Response)
    /// A body of known length in bytes, written at the speed of the client.
    case body(HTTPFields, length: Int, (consuming ResponseWriter) async throws -> Void)
    /// Lines of NDJSON, each written when it is ready.
    case lines((consuming LineWriter) async throws -> Void)
    /// A stream of events.
    case events(Subscription)

    /// The parameters of a stream.
    struct Subscription {
        let filter: EventFilter
        let encoding: EventEncoding
        /// Who subscribes.
        var subject = Subject.anonymous
        /// What the client has missed; nil when it did not ask.
        var past: EventLogStart?

    }

    /// Returns a JSON document.
    static func json(
        _ json: JSON, status: HTTPResponse.Status = .ok, fields: HTTPFields = [:]
    ) -> RouteResponse {
        .response(Response(json: json, status: status, fields: fields))
    }

    /// Returns a JSON document that may be large. It is made and encoded on another thread than the
    /// loop's.
    @concurrent
    static func largeJSON(_ make: @Sendable () -> JSON) async -> Response {
        let fields: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
        return Response(status: .ok, fields: fields, body: make().line + [0x0A])
    }

    /// Returns a response without a body.
    static func empty(_ status: HTTPResponse.Status, fields: HTTPFields = [:]) -> RouteResponse {
        .response(Response(status: status, fields: fields))
    }
}

extension Response {
    /// Makes the response with a JSON document.
    init(json: JSON, status: HTTPResponse.Status = .ok, fields: HTTPFields = [:]) {
        var fields = fields
        fields[.contentType] = "application/json"
        fields[.cacheControl] = "no-store"
        self.init(status: status, fields: fields, body: json.line + [0x0A])
    }
}

/// Writes the lines of an NDJSON response and counts their bytes.
struct LineWriter: ~Copyable {
    private let writer: ResponseWriter
    private let count: (Int) -> Void

    init(_ writer: consuming ResponseWriter, count: @escaping (Int) -> Void) {
        self.writer = writer
        self.count = count
    }

    /// Sends lines together, and waits while the client does not read.
    func write(_ lines: [JSON]) async throws {
        let bytes = await Self.encode(lines)
        count(bytes.count)
        try await writer.write(bytes)
    }

    /// Encodes lines on another thread than the loop's, because many lines take time.
    @concurrent
    static func encode(_ lines: [JSON]) async -> [UInt8] {
        lines.reduce(into: []) { $0 += $1.line + [0x0A] }
    }

    /// Ends the response.
    consuming func finish() { writer.finish() }
}
