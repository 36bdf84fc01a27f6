/// A refusal of the gateway (RFC 9457).
public struct Problem: Error, Equatable, CustomStringConvertible {
    /// `urn:directory-gateway:problem:` and the kind; empty when somebody in between refuses.
    public let type: String
    public let title: String
    /// The status of HTTP.
    public internal(set) var status: Int
    /// What is wrong with this very request.
    public let detail: String
    /// What can be done.
    public let remedy: String
    /// Of a record: every fault.
    public let faults: [Fault]
    /// When to try again, if the gateway says so.
    public var retryAfter: Duration?

    /// One fault of a record.
    public struct Fault: Sendable, Equatable, Decodable {
        /// Where: a JSON Pointer (RFC 6901).
        public let pointer: String
        public let detail: String
    }

    /// The last part of `type`: `record-not-found`.
    public var kind: String {
        type.utf8.split(separator: UInt8(ascii: ":")).last
            .map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Whether a gateway wrote it.
    var isGateways: Bool { type.utf8.starts(with: "urn:directory-gateway:problem:".utf8) }

    public var description: String {
        [detail.isEmpty ? title : detail, remedy].filter { !$0.isEmpty }.joined(separator: " ")
    }
}

extension Problem: Decodable {
    private enum CodingKeys: String, CodingKey {
        case type, title, status, detail, remedy, errors
    }

    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        type = try members.decodeIfPresent(String.self, forKey: .type) ?? ""
        title = try members.decode(String.self, forKey: .title)
        status = try members.decode(Int.self, forKey: .status)
        detail = try members.decodeIfPresent(String.self, forKey: .detail) ?? ""
        remedy = try members.decodeIfPresent(String.self, forKey: .remedy) ?? ""
        faults = try members.decodeIfPresent([Fault].self, forKey: .errors) ?? []
    }

    /// A status that came without words of the gateway.
    init(status: Int) {
        type = ""
        title = "status \(status)"
        self.status = status
        detail =
            switch status {
            case 401: "The server wants to know who asks (401)."
            case 403: "The server does not allow this (403)."
            default: "The server answered \(status)."
            }
        remedy =
            status == 401 || status == 403 ? "Give a token that allows it." : "Try again later."
        faults = []
    }
}
