internal import HTTPTypes

/// One line of the table of routes: from it come dispatch, `Allow`, metrics and documentation.
final class Route: Sendable {
    typealias Handler = @Sendable (isolated GatewayLoop, Request) async throws -> Reply

    let method: HTTPRequest.Method
    /// `/records/{cid}`; what stands in braces matches one segment.
    let pattern: String
    /// One line for the documentation.
    let summary: String
    /// Query parameters, with what they mean.
    let parameters: [(name: String, meaning: String)]
    /// The types of body it takes; none if it takes no body.
    let accepts: [String]
    /// What it answers when all is well.
    let answers: [(status: Int, meaning: String)]
    let handle: Handler
    private let segments: [String]
    /// Whether the pattern matches one path only.
    var isLiteral: Bool { !pattern.contains("{") }

    init(
        _ method: HTTPRequest.Method, _ pattern: String, _ summary: String,
        parameters: [(name: String, meaning: String)] = [], accepts: [String] = [],
        answers: [(status: Int, meaning: String)] = [(200, "done")], handle: @escaping Handler
    ) {
        self.method = method
        self.pattern = pattern
        self.summary = summary
        self.parameters = parameters
        self.accepts = accepts
        self.answers = answers
        self.handle = handle
        segments = pattern.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    }

    /// Whether a connection that is one too many is refused before the route is asked. A stream is
    /// refused more softly, and those who ask how we are must hear it most of all when we are full.
    var refusesWhenFull: Bool {
        !["/events", "/healthz", "/readyz", "/metrics"].contains(pattern)
    }

    /// The values of the pattern's names; nil when the path is another one.
    func match(_ path: [Substring]) -> [String: Substring]? {
        guard path.count == segments.count else { return nil }
        var values: [String: Substring] = [:]
        for (segment, part) in zip(segments, path) {
            if segment.hasPrefix("{") {
                guard !part.isEmpty else { return nil }
                values[String(segment.dropFirst().dropLast())] = part
            } else if segment != part {
                return nil
            }
        }
        return values
    }
}
