internal import HTTPServer
internal import HTTPTypes
internal import Text

/// What is wrong with a request before any operation sees it.
extension Problem {
    init(_ error: HTTPProtocolError) {
        let status = error.responseStatus
        if error.status == 500 {
            self.init(
                status, "internal", "The gateway made a mistake",
                "The request was not answered.", remedy: "Report it with the log of the gateway.")
            return
        }
        if error.status == 503 {
            self = .outOfMemory
            return
        }
        self.init(
            status, "malformed-request", status.reasonPhrase,
            "The request is not HTTP: \(error.reason).",
            remedy: "Correct the client; the connection is closed.")
    }

    init(_ error: RequestBodyError, limit: Int) {
        switch error {
        case .tooLarge:
            self.init(
                .contentTooLarge, "too-large", "The body is too large",
                "The body is longer than \(limit) bytes.",
                remedy:
                    "Send less, or records one a line as application/x-ndjson; limits.body_bytes sets the limit."
            )
        case .timedOut:
            self.init(
                .requestTimeout, "too-slow", "The body did not arrive in time",
                "The body did not arrive in time.", remedy: "Send it faster, or in smaller pieces.")
        case .outOfMemory: self = .outOfMemory
        case .malformed(let error): self.init(error)
        case .disconnected:
            self.init(
                .badRequest, "disconnected", "The client is gone",
                "The connection ended in the body.",
                remedy: "Send the whole body.")
        }
    }

    /// Requests, responses and queues hold as much memory as they may together.
    static var outOfMemory: Problem {
        var problem = Problem(
            .serviceUnavailable, "out-of-memory", "No memory at the moment",
            "Requests, responses and queues of events hold as much memory as they may together.",
            remedy: "Try again in a moment; limits.memory sets the limit.")
        problem.fields[.retryAfter] = "1"
        return problem
    }

    static func tooLongLine(_ limit: Int) -> Problem {
        Problem(
            .contentTooLarge, "too-large", "The line is too long",
            "The line is longer than \(limit) bytes.",
            remedy: "Send a smaller record; limits.body_bytes sets the limit.")
    }

    static func unknownPath(_ path: String) -> Problem {
        Problem(
            .notFound, "unknown-path", "Nothing is here",
            "There is nothing at \(path.clipped(to: 200)).",
            remedy: "See GET /openapi.json for what there is.")
    }

    static func wrongMethod(_ method: String, _ path: String, allowed: [String]) -> Problem {
        let list = allowed.joined(separator: ", ")
        var problem = Problem(
            .methodNotAllowed, "wrong-method", "Not with this method",
            "\(path) does not take \(method).", remedy: "Use \(list).")
        problem.fields[.allow] = list
        return problem
    }

    static func unknownParameter(_ name: String, known: [String]) -> Problem {
        let hint = nearest(to: name, in: known).map { ", did you mean '\($0)'?" } ?? "."
        return Problem(
            .badRequest, "unknown-parameter", "An unknown parameter",
            "unknown parameter '\(name.clipped(to: 64))'\(hint)",
            remedy: known.isEmpty
                ? "This route takes no parameters."
                : "The parameters here are \(known.joined(separator: ", ")).")
    }

    static func invalid(_ detail: String, remedy: String) -> Problem {
        Problem(.badRequest, "invalid-value", "A value is not possible", detail, remedy: remedy)
    }

    static func unsupportedType(_ type: String, accepted: [String]) -> Problem {
        Problem(
            .unsupportedMediaType, "unsupported-type", "Not a type that is taken here",
            type.isEmpty
                ? "The body has no Content-Type."
                : "A body of type \(type.clipped(to: 100)) is not taken here.",
            remedy: "Send it as \(accepted.joined(separator: " or ")).")
    }

    static func notAcceptable(_ accepted: [String]) -> Problem {
        Problem(
            .notAcceptable, "not-acceptable", "Not a format that is made here",
            "The Accept field allows none of the formats made here.",
            remedy: "Ask for \(accepted.joined(separator: " or ")).")
    }

    /// No room for another stream or connection.
    static func full(_ reason: Refusal, retryAfter seconds: Int) -> Problem {
        var problem: Problem
        switch reason {
        case .full, .draining:
            problem = Problem(
                .serviceUnavailable, reason.name, "No room at the moment", reason.sentence,
                remedy: "Try again in \(seconds) s.")
        case .tooManyFromAddress:
            problem = Problem(
                .tooManyRequests, reason.name, "Too many from one address", reason.sentence,
                remedy: "Close a stream, or try again in \(seconds) s.")
        }
        problem.fields[.retryAfter] = String(seconds)
        return problem
    }
}

/// Why somebody is sent away for now.
enum Refusal: Sendable {
    case full
    case tooManyFromAddress
    case draining

    /// The kind of the problem, and the reason in the metrics.
    var name: String {
        switch self {
        case .full: "full"
        case .tooManyFromAddress: "too-many-from-address"
        case .draining: "draining"
        }
    }

    var sentence: String {
        switch self {
        case .full: "The gateway is full."
        case .tooManyFromAddress: "This address has as many streams as one may have."
        case .draining: "The gateway is going down."
        }
    }
}
