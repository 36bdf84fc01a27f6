internal import Authentication
internal import Crypto
internal import Directory
internal import HTTPServer
internal import HTTPTypes
internal import Logging
internal import Text

/// Carries out each request with an `Idempotency-Key` once: sent again, it gets the stored response.
///
/// A response is stored if the request succeeded. A refusal changed nothing, so the request may be
/// sent again with the same key, and is carried out then.
struct KeyedRequests: Sendable {
    let idempotency: Idempotency
    let logger: Logger

    private static let field = HTTPField.Name("Idempotency-Key")
    private static let replayed = HTTPField.Name("Idempotent-Replayed")
    private static let longestKey = 255

    /// Returns the key of a request; nil when it has none.
    /// - Throws: `Problem` when there are several, or one of bad form.
    static func key(_ head: RequestHead) throws(Problem) -> String? {
        guard let field else { return nil }
        let keys = head.fields[values: field]
        guard let key = keys.first else { return nil }
        guard keys.count == 1, (1...longestKey).contains(key.utf8.count),
            key.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw .badKey(longestKey) }
        return key
    }

    /// Carries out a request, or returns the response that it got before.
    func respond(
        to request: Request, with key: String, _ handle: Route.Handler
    ) async throws -> RouteResponse {
        var request = request
        let body = try await request.bytes()
        request.collected = body
        let head = request.head
        let digest = await Self.digest(
            of: [head.method.rawValue, head.path, head.query ?? "", request.contentType], body)
        let begin = try await idempotency.begin(
            IdempotentRequest(subject: request.subject.identity, key: key, digest: digest))
        switch begin {
        case .running: throw Problem.keyInUse
        case .reused: throw Problem.keyReused
        case .answered(let answer):
            var response = Response(answer)
            if let replayed = Self.replayed { response.fields[replayed] = "true" }
            return .response(response)
        case .new(let run):
            request.run = run
            let response = try await handle(request)
            guard case .response(let whole) = response, whole.isWorthKeeping else {
                run.abandon()
                return response
            }
            do { try await run.finish(IdempotentAnswer(whole)) } catch {
                // What was asked for is done; only a repetition would not be recognised.
                logger.error(
                    "the response to an idempotency key could not be stored",
                    metadata: ["reason": "\(error)"])
            }
            return response
        }
    }

    /// Returns a digest of what is requested. Away from the loop, because the body may be long.
    @concurrent
    private static func digest(of texts: [String], _ body: [UInt8]) async -> [UInt8] {
        var hash = SHA256()
        for text in texts { hash.update(data: Array(text.utf8) + [0]) }
        hash.update(data: body)
        return Array(hash.finalize())
    }
}

extension IdempotentAnswer {
    /// The answer that is stored for a response.
    init(_ response: Response) {
        self.init(
            status: response.status.code,
            fields: response.fields.map { .init($0.name.rawName, $0.value) }, body: response.body)
    }
}

extension Response {
    /// Makes the response of a stored answer.
    fileprivate init(_ answer: IdempotentAnswer) {
        var fields = HTTPFields()
        for field in answer.fields {
            if let name = HTTPField.Name(field.name) { fields[name] = field.value }
        }
        self.init(
            status: HTTPResponse.Status(code: answer.status), fields: fields, body: answer.body)
    }

    /// Whether the response is that of an operation that was carried out whole.
    fileprivate var isWorthKeeping: Bool { (200..<300).contains(status.code) }
}

extension Problem {
    fileprivate static func badKey(_ limit: Int) -> Problem {
        .invalid(
            "The field Idempotency-Key is not one key of 1 to \(limit) visible ASCII characters.",
            remedy: "Send one key, such as a UUID.")
    }

    fileprivate static var keyReused: Problem {
        Problem(
            .unprocessableContent, "idempotency-key-reused", "Idempotency key reused",
            "This Idempotency-Key came with another request within the last 24 h.",
            remedy: "Use a new key for each request, and the same key only to repeat one.")
    }

    fileprivate static var keyInUse: Problem {
        var problem = Problem(
            .conflict, "idempotency-key-in-use", "Idempotency key in use",
            "The first request with this Idempotency-Key is still being carried out.",
            remedy: "Repeat the request later, with the same key.")
        problem.fields[.retryAfter] = "1"
        return problem
    }
}
