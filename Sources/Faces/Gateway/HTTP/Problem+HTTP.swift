internal import HTTPServer
internal import HTTPTypes
internal import Text

/// The problems of a request that no operation has received yet.
extension Problem {
    /// Makes the problem of a request that is not valid HTTP, or got no response.
    init(_ error: HTTPProtocolError) {
        let status = error.responseStatus
        if error.status == 500 {
            self = .internalError("The request got no response.")
            return
        }
        if error.status == 503 {
            self = .outOfMemory
            return
        }
        if error == .notEncrypted {
            self.init(
                status, "malformed-request", "Malformed request",
                "The request came in the clear, and this port speaks TLS.", remedy: "Use https.")
            return
        }
        self.init(
            status, "malformed-request", "Malformed request",
            error.status == 400
                ? "The request is not valid HTTP: \(error.reason)."
                : "\(Self.sentence(error.reason)).",
            remedy: "Correct the client. The connection is closed.")
    }

    /// Makes the problem of a body that did not arrive whole.
    /// - Parameter limit: the most bytes of a body.
    init(_ error: RequestBodyError, limit: Int) {
        switch error {
        case .tooLarge:
            self.init(
                .contentTooLarge, "too-large", "Content too large",
                "The body is longer than \(limit) bytes.",
                remedy:
                    "Send a smaller body, or one record per line as application/x-ndjson. limits.body_bytes sets the limit."
            )
        case .timedOut:
            self.init(
                .requestTimeout, "too-slow", "Request timeout",
                "The body did not arrive in time.",
                remedy: "Send the body faster, or send a smaller one.")
        case .outOfMemory: self = .outOfMemory
        case .malformed(let error): self.init(error)
        case .disconnected:
            self.init(
                .badRequest, "disconnected", "Client disconnected",
                "The connection ended before the end of the body.",
                remedy: "Send the whole body.")
        }
    }

    /// The problem of a request for which the memory budget has no room.
    static var outOfMemory: Problem {
        var problem = Problem(
            .serviceUnavailable, "out-of-memory", "Memory limit reached",
            "The requests, responses and event queues of all clients have reached the memory limit.",
            remedy: "Try again later. limits.memory sets the limit.")
        problem.fields[.retryAfter] = "1"
        return problem
    }

    /// Returns the problem of a line of NDJSON that is longer than `limit` bytes.
    static func tooLongLine(_ limit: Int) -> Problem {
        Problem(
            .contentTooLarge, "too-large", "Content too large",
            "The line is longer than \(limit) bytes.",
            remedy: "Send a smaller record. limits.body_bytes sets the limit.")
    }

    /// Returns the problem of a path that has neither a route nor a file.
    static func unknownPath(_ path: String) -> Problem {
        Problem(
            .notFound, "unknown-path", "Not found",
            "No route or file has the path \(path.clipped(to: 200)).",
            remedy: "See GET /openapi.json for the routes.")
    }

    /// Returns the problem of a path that has routes, but none with this method.
    static func wrongMethod(_ method: String, _ path: String, allowed: [String]) -> Problem {
        let list = allowed.joined(separator: ", ")
        var problem = Problem(
            .methodNotAllowed, "wrong-method", "Method not allowed",
            "\(path) does not allow the method \(method).", remedy: "Use \(list).")
        problem.fields[.allow] = list
        return problem
    }

    /// Returns the problem of a query parameter that the route does not have.
    static func unknownParameter(_ name: String, known: [String]) -> Problem {
        let hint = nearest(to: name, in: known).map { ", did you mean '\($0)'?" } ?? "."
        return Problem(
            .badRequest, "unknown-parameter", "Unknown parameter",
            "Unknown parameter '\(name.clipped(to: 64))'\(hint)",
            remedy: known.isEmpty
                ? "This route has no parameters."
                : "Allowed parameters: \(known.joined(separator: ", ")).")
    }

    /// Returns the problem of a value that is not allowed where it is given.
    static func invalid(_ detail: String, remedy: String) -> Problem {
        Problem(.badRequest, "invalid-value", "Invalid value", detail, remedy: remedy)
    }

    /// Returns the problem of a body whose type, content coding or charset the route does not accept.
    static func unsupportedType(_ type: String, accepted: [String]) -> Problem {
        Problem(
            .unsupportedMediaType, "unsupported-type", "Unsupported media type",
            type.isEmpty
                ? "The body has no Content-Type."
                : "A body of type \(type.clipped(to: 100)) is not accepted here.",
            remedy: "Send it as \(accepted.joined(separator: " or ")).")
    }

    /// Returns the problem of an `Accept` field that allows no format of the stream.
    static func notAcceptable(_ accepted: [String]) -> Problem {
        Problem(
            .notAcceptable, "not-acceptable", "Not acceptable",
            "The Accept field allows none of the available formats.",
            remedy: "Ask for \(accepted.joined(separator: " or ")).")
    }

    /// Returns the problem of a connection or stream that is refused for now.
    static func full(_ reason: Refusal, retryAfter seconds: Int) -> Problem {
        let status: HTTPResponse.Status
        let title: String
        switch reason {
        case .full: (status, title) = (.serviceUnavailable, "Capacity limit reached")
        case .tooManyFromAddress: (status, title) = (.tooManyRequests, "Address limit reached")
        case .draining: (status, title) = (.serviceUnavailable, "Server shutting down")
        }
        let remedy = status == .tooManyRequests ? "Close a stream, or try" : "Try"
        var problem = Problem(
            status, reason.name, title, reason.sentence,
            remedy: "\(remedy) again in \(seconds) s.")
        problem.fields[.retryAfter] = String(seconds)
        return problem
    }

    /// Returns the problem of an error inside the gateway.
    static func internalError(_ detail: String) -> Problem {
        Problem(
            .internalServerError, "internal", "Internal server error", detail,
            remedy: "Report it with the log of the gateway.")
    }
}
