internal import Authentication
internal import Directory
internal import HTTPServer
internal import HTTPTypes
internal import Text

/// A request that has found its route.
struct Request {
    let head: RequestHead
    let body: RequestBody
    /// The client: the other end of the connection, or behind trusted proxies.
    let peer: Peer
    /// Who makes the request.
    var subject = Subject.anonymous
    let query: Query
    /// The values in the path, by the names in the pattern of the route.
    let parameters: [ExactString: String]
    /// The most bytes of the body.
    let bodyLimit: Int
    /// The run of a request with an idempotency key; nil for other requests.
    var run: Idempotency.Run?
    /// The body, once it has been read as a whole.
    var collected: [UInt8]?

    /// The media type of the body, in lower case and without parameters.
    var contentType: String { MediaType.essence(head.field(.contentType) ?? "") }

    /// Checks the media type of the body, and that it has no content coding and is in UTF-8.
    func checkType(_ accepted: [String]) throws(Problem) {
        guard accepted.contains(bytesOf: contentType) else {
            throw .unsupportedType(contentType, accepted: accepted)
        }
        if let coding = head.field(.contentEncoding), !coding.equalsIgnoringASCIICase("identity") {
            throw .unsupportedType(
                "with Content-Encoding \(coding.clipped(to: 64))", accepted: accepted)
        }
        let charset = MediaType.charset(head.field(.contentType) ?? "")
        if let charset, !["utf-8", "us-ascii"].contains(bytesOf: charset) {
            throw .unsupportedType("in \(charset)", accepted: accepted)
        }
    }

    /// Returns the whole body.
    /// - Throws: `Problem` when it is too large, too slow or malformed.
    func bytes() async throws -> [UInt8] {
        if let collected { return collected }
        do {
            return try await body.collect(upTo: bodyLimit)
        } catch {
            throw Problem(error, limit: bodyLimit)
        }
    }

    /// Carries out an operation. The response to a request with an idempotency key is stored in the
    /// commit of the operation's change, whose result is a `T`.
    func keep<T: Sendable, Output>(
        _ response: @escaping @Sendable (T) -> Response, while operation: () async throws -> Output
    ) async throws -> Output {
        guard let run else { return try await operation() }
        return try await run.keep({ IdempotentAnswer(response($0)) }, while: operation)
    }

    /// The most JSON values in a body: the loop handles them, and must not be blocked.
    private static let valueLimit = 12_000

    /// Parses JSON away from the loop, because it takes time.
    @concurrent
    private static func parse(_ bytes: [UInt8]) async throws(JSONError) -> JSONValue {
        try JSONParser.parse(bytes, valueLimit: Self.valueLimit)
    }

    /// Returns the body as a JSON object.
    /// - Throws: `Problem` when it is not an object, or has a member that is not in `known`.
    func object(_ known: [String]) async throws -> JSONValue {
        let value: JSONValue
        do { value = try await Self.parse(try await bytes()) } catch let error as JSONError {
            throw Problem.malformed("The body is not JSON: \(error).", at: error.place)
        }
        guard let members = value.members else {
            throw Problem.malformed("The body is \(value.kind), not an object.")
        }
        for member in members where !known.contains(bytesOf: member.key) {
            throw Problem.unknownMember(member.key, known: known)
        }
        return value
    }
}

extension Problem {
    /// Returns the problem of a body that is not the JSON that the route needs.
    /// - Parameter place: where the text is no JSON; nil when it is, but of another kind.
    static func malformed(_ detail: String, at place: TextPlace? = nil) -> Problem {
        var problem = Problem(
            .badRequest, "malformed-json", "Malformed JSON", detail,
            remedy: "Send one JSON object, in UTF-8, without duplicate keys.")
        if let place {
            problem.more = [("line", .number(place.line)), ("column", .number(place.column))]
        }
        return problem
    }

    /// Returns the problem of a JSON member that the route does not have.
    static func unknownMember(_ name: String, known: [String]) -> Problem {
        let hint = nearest(to: name, in: known).map { ", did you mean '\($0)'?" } ?? "."
        return Problem(
            .badRequest, "unknown-member", "Unknown member",
            "Unknown member '\(name.clipped(to: 64))'\(hint)",
            remedy: "Allowed members: \(known.joined(separator: ", ")).")
    }
}
