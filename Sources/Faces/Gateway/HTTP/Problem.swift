internal import HTTPServer
internal import HTTPTypes
internal import Text

/// A problem document: why a request was refused, for the client (RFC 9457).
struct Problem: Error, Sendable {
    let status: HTTPResponse.Status
    /// The last part of the `type` URI; docs/problems.md explains each.
    let kind: String
    /// A short phrase, the same for every problem of this kind.
    let title: String
    /// What is wrong with this request, as a full sentence.
    let detail: String
    /// What the client can do about it.
    let remedy: String
    /// Members of this kind only, after the standard ones.
    var more: [(String, JSON)] = []
    /// Header fields of the response.
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

    /// The members of the document. A line of an NDJSON response has the same.
    var members: [(String, JSON)] {
        [
            ("type", .string("urn:directory-gateway:problem:\(kind)")),
            ("title", .string(title)),
            ("status", .number(status.code)),
            ("detail", .string(detail)),
            ("remedy", .string(remedy)),
        ] + more
    }

    /// The document as a whole response.
    var response: Response {
        var fields = fields
        fields[.contentType] = "application/problem+json"
        fields[.cacheControl] = "no-store"
        return Response(status: status, fields: fields, body: JSON.object(members).line + [0x0A])
    }
}
