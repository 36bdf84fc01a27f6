/// Why the gateway did not do what was asked of it.
public enum DirectoryClientError: Error, Sendable, CustomStringConvertible {
    /// The text is no address of a gateway.
    case invalidAddress(String)
    /// No connection, or it broke.
    case unreachable(ServerAddress, reason: String)
    /// No answer in time.
    case timedOut(ServerAddress)
    /// Something answers at the address, but it is no gateway.
    case notAGateway(ServerAddress, reason: String)
    /// The gateway refuses: its own words.
    case refused(Problem)

    /// One line that says what is wrong and what can be done.
    public var description: String {
        switch self {
        case .invalidAddress(let text):
            "'\(text)' is no address: write it as http://127.0.0.1:8080 or https://dir.example.org"
        case .unreachable(let address, let reason):
            "\(address) cannot be reached (\(reason)): does the gateway run there?"
        case .timedOut(let address):
            "\(address) did not answer in time: try again, or allow more time"
        case .notAGateway(let address, let reason):
            "\(address) is no Directory Gateway (\(reason)): check the address"
        case .refused(let problem): problem.description
        }
    }

    /// Whether the same may succeed in a moment.
    public var isTransient: Bool {
        switch self {
        case .unreachable, .timedOut: true
        case .invalidAddress, .notAGateway: false
        case .refused(let problem): [408, 429, 500, 502, 503, 504].contains(problem.status)
        }
    }
}

/// A refusal of the gateway (RFC 9457).
public struct Problem: Error, Equatable, CustomStringConvertible {
    /// `urn:directory-gateway:problem:` and the kind; empty when somebody in between refuses.
    public let type: String
    public let title: String
    /// The status of HTTP.
    public let status: Int
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
    public var kind: String { type.split(separator: ":").last.map(String.init) ?? "" }

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
