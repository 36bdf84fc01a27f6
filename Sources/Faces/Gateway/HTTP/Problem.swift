internal import HTTPServer
internal import HTTPTypes
internal import Text

/// What went wrong, for the client (RFC 9457).
struct Problem: Error, Sendable {
    let status: HTTPResponse.Status
    /// The last part of the `type` URI; docs/problems.md explains each.
    let kind: String
    let title: String
    /// What is wrong with this very request, in a full sentence.
    let detail: String
    /// What the caller can do about it.
    let remedy: String
    /// Members of its own.
    var more: [(String, JSON)] = []
    var fields: HTTPFields = [:]

    init(
        _ status: HTTPResponse.Status, _ kind: String, _ title: String, _ detail: String,
        remedy: String
    ) {
        self.status = status
        self.kind = kind
        self.title = title
        self.detail = detail
        self.remedy = remedy
    }

    /// The members of the document; a line of an NDJSON answer carries the same.
    var members: [(String, JSON)] {
        [
            ("type", .string("urn:directory-gateway:problem:\(kind)")),
            ("title", .string(title)),
            ("status", .number(status.code)),
            ("detail", .string(detail)),
            ("remedy", .string(remedy)),
        ] + more
    }

    var response: Response {
        var fields = fields
        fields[.contentType] = "application/problem+json"
        fields[.cacheControl] = "no-store"
        return Response(status: status, fields: fields, body: JSON.object(members).line + [0x0A])
    }
}
