internal import Authentication
internal import HTTPTypes
internal import Text

/// One line of the table of routes. Dispatch, `Allow`, metrics and documentation use it.
final class Route: Sendable {
    /// Runs on the loop of the request, which it must not block.
    typealias Handler = @Sendable (Request) async throws -> RouteResponse

    let method: HTTPRequest.Method
    /// `/records/{cid}`; a name in braces matches one segment.
    let pattern: String
    /// A member of a JSON body.
    struct Member: Sendable {
        enum Kind: Sendable { case text, texts, flag, number, fields }

        let name: String
        let kind: Kind
        let isRequired: Bool
        let meaning: String

        init(_ name: String, _ kind: Kind, _ meaning: String, isRequired: Bool = false) {
            self.name = name
            self.kind = kind
            self.isRequired = isRequired
            self.meaning = meaning
        }
    }

    /// What the subject of a request must be allowed; nil: anyone may.
    let scope: Scope?
    /// How a request is admitted while the gateway is full.
    let admission: Admission.Kind
    /// One line for the documentation.
    let summary: String
    /// Query parameters, with what they mean.
    let parameters: [(name: String, meaning: String)]
    /// The accepted media types of the body; empty if there is no body.
    let accepts: [String]
    /// The members of a JSON body; empty when the body is not such an object.
    let members: [Member]
    /// The responses when the request succeeds.
    let responses: [(status: Int, meaning: String)]
    let handle: Handler
    private let segments: [Segment]

    private enum Segment {
        case literal(ExactString)
        /// Any one segment, whose value has this name.
        case value(ExactString)
    }

    /// Whether a request may carry an idempotency key: the POST of an operation that changes
    /// something.
    var takesKey: Bool { method == .post && (scope == .writeRecords || scope == .webhooks) }

    /// Whether the pattern matches one path only.
    var isLiteral: Bool { !pattern.utf8.contains(UInt8(ascii: "{")) }

    init(
        _ method: HTTPRequest.Method, _ pattern: String, _ summary: String,
        scope: Scope?, admission: Admission.Kind = .operation,
        parameters: [(name: String, meaning: String)] = [], accepts: [String] = [],
        members: [Member] = [],
        responses: [(status: Int, meaning: String)] = [(200, "done")], handle: @escaping Handler
    ) {
        self.method = method
        self.pattern = pattern
        self.scope = scope
        self.admission = admission
        self.summary = summary
        self.parameters = parameters
        self.accepts = accepts
        self.members = members
        self.responses = responses
        self.handle = handle
        segments = pattern.fields(on: UInt8(ascii: "/")).map { segment in
            segment.hasBytePrefix("{")
                ? .value(ExactString(String(Substring(segment.utf8.dropFirst().dropLast()))))
                : .literal(ExactString(segment))
        }
    }

    /// The names in the path, in order.
    var pathParameters: [String] {
        segments.compactMap { if case .value(let name) = $0 { name.string } else { nil } }
    }

    /// Returns the values of the names in the pattern; nil when the path does not match.
    func match(_ path: [ExactString]) -> [ExactString: String]? {
        guard path.count == segments.count else { return nil }
        var values: [ExactString: String] = [:]
        for (segment, part) in zip(segments, path) {
            switch segment {
            case .literal(let text): if text != part { return nil }
            case .value(let name):
                guard !part.string.isEmpty else { return nil }
                values[name] = part.string
            }
        }
        return values
    }
}
