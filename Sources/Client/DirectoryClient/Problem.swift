/// A problem from the gateway (RFC 9457): why it refused a request.
public struct Problem: Error, Equatable, CustomStringConvertible {
    /// `urn:directory-gateway:problem:` and the kind; empty when another server, such as a proxy,
    /// refused the request.
    public let type: String
    /// A short phrase, the same for every problem of this type.
    public let title: String
    /// The HTTP status.
    public internal(set) var status: Int
    /// What is wrong with this request.
    public let detail: String
    /// What the client can do.
    public let remedy: String
    /// The errors of an invalid record; empty for other problems.
    public let faults: [Fault]
    /// When to retry (`Retry-After`); nil if the gateway does not send it.
    public var retryAfter: Duration?
    /// With the statuses 401 and 403: the scope that a token needs for the request.
    public internal(set) var scope: String?

    /// One error of a record.
    public struct Fault: Sendable, Equatable, Decodable {
        /// The place, as a JSON Pointer (RFC 6901).
        public let pointer: String
        /// What is wrong there.
        public let detail: String
    }

    /// The last part of `type`: `record-not-found`.
    public var kind: String {
        type.utf8.split(separator: UInt8(ascii: ":")).last
            .map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Whether the problem is from a gateway, not from a server between.
    var isGateways: Bool { type.utf8.starts(with: "urn:directory-gateway:problem:".utf8) }

    /// The detail and the remedy.
    public var description: String {
        [detail.isEmpty ? title : detail, remedy].filter { !$0.isEmpty }.joined(separator: " ")
    }
}

extension Problem: Decodable {
    private enum CodingKeys: String, CodingKey {
        case type, title, status, detail, remedy, errors
    }

    /// Decodes a problem document.
    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        type = try members.decodeIfPresent(String.self, forKey: .type) ?? ""
        title = try members.decode(String.self, forKey: .title)
        status = try members.decode(Int.self, forKey: .status)
        detail = try members.decodeIfPresent(String.self, forKey: .detail) ?? ""
        remedy = try members.decodeIfPresent(String.self, forKey: .remedy) ?? ""
        faults = try members.decodeIfPresent([Fault].self, forKey: .errors) ?? []
    }

    /// Makes the problem of a response without a problem document.
    init(status: Int) {
        type = ""
        title = "status \(status)"
        self.status = status
        detail =
            switch status {
            case 401: "The server requires authentication (401)."
            case 403: "The server does not allow this (403)."
            default: "The server responded with status \(status)."
            }
        remedy =
            status == 401 || status == 403 ? "Use a token that allows it." : "Try again later."
        faults = []
    }
}
