internal import HTTPServer
internal import HTTPTypes
internal import Text

/// A request that has found its route.
struct Request {
    let head: RequestHead
    let body: RequestBody
    let remoteAddress: String
    let query: Query
    /// What stands in the path for the names in the route's pattern.
    let parameters: [ExactString: String]
    /// Whether the connection is within the limits.
    let admission: ConnectionLimiter.Admission
    let bodyLimit: Int

    /// The type of the body, without parameters.
    var contentType: String { MediaType.essence(head.fields[.contentType] ?? "") }

    /// The whole body.
    func bytes() async throws -> [UInt8] {
        do {
            return try await body.collect(upTo: bodyLimit)
        } catch {
            throw Problem(error, limit: bodyLimit)
        }
    }

    /// Values in the body of an operation: what is done with them is done on the loop.
    private static let valueLimit = 12_000

    /// Parsing takes time: it leaves the loop.
    @concurrent
    private static func parse(_ bytes: [UInt8]) async throws(JSONError) -> JSONValue {
        try JSONParser.parse(bytes, valueLimit: Self.valueLimit)
    }

    /// The body as a JSON object that has no members but these.
    func object(_ known: [String]) async throws -> JSONValue {
        let value: JSONValue
        do { value = try await Self.parse(try await bytes()) } catch let error as JSONError {
            throw Problem.malformed("The body is not JSON: \(error).")
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
    static func malformed(_ detail: String) -> Problem {
        Problem(
            .badRequest, "malformed-json", "Not the JSON that is needed", detail,
            remedy: "Send one JSON object, in UTF-8, without duplicate keys.")
    }

    static func unknownMember(_ name: String, known: [String]) -> Problem {
        let hint = nearest(to: name, in: known).map { ", did you mean '\($0)'?" } ?? "."
        return Problem(
            .badRequest, "unknown-member", "An unknown member",
            "unknown member '\(name.clipped(to: 64))'\(hint)",
            remedy: "The members here are \(known.joined(separator: ", ")).")
    }
}
