internal import HTTPTypes
internal import Text

/// Which pages of other origins may use the gateway (WHATWG Fetch §3.2). An origin is allowed
/// because it is on the list, never because it asks.
struct CORSPolicy: Sendable {
    private let origins: Set<ExactString>

    init(allowed: [String]) { origins = Set(allowed.map(ExactString.init)) }

    /// What an answer to this request says.
    func fields(for request: HTTPFields) -> HTTPFields {
        guard !origins.isEmpty else { return [:] }
        if origins.contains("*") {
            return [.accessControlAllowOrigin: "*", .accessControlExposeHeaders: Self.exposed]
        }
        guard let origin = request[.origin], origins.contains(ExactString(origin)) else {
            return [.vary: "Origin"]
        }
        return [
            .vary: "Origin", .accessControlAllowOrigin: origin,
            .accessControlExposeHeaders: Self.exposed,
        ]
    }

    /// What the answer to a preflight says beyond that.
    func preflight(_ methods: [String]) -> HTTPFields {
        guard !origins.isEmpty else { return [:] }
        return [
            .accessControlAllowMethods: methods.joined(separator: ", "),
            .accessControlAllowHeaders:
                "Accept, Authorization, Cache-Control, Content-Type, If-None-Match, Last-Event-ID",
            .accessControlMaxAge: "600",
        ]
    }

    private static let exposed =
        "Directory-Heartbeat-Interval, Directory-Labels, Directory-Labels-Truncated, ETag, Location, Retry-After"
}
