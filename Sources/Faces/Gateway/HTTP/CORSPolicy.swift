internal import HTTPTypes
internal import Text

/// The pages of other origins that may use the gateway (WHATWG Fetch §3.2): those on the list only.
struct CORSPolicy: Sendable {
    private let origins: Set<ExactString>

    /// Makes a policy that allows these origins; `*` allows any.
    init(allowed: [String]) { origins = Set(allowed.map(ExactString.init)) }

    /// Returns the CORS fields of the response to a request.
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

    /// Returns the further fields of the response to a preflight.
    func preflight(_ methods: [String]) -> HTTPFields {
        guard !origins.isEmpty else { return [:] }
        return [
            .accessControlAllowMethods: methods.joined(separator: ", "),
            .accessControlAllowHeaders:
                "Accept, Authorization, Cache-Control, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID",
            .accessControlMaxAge: "600",
        ]
    }

    private static let exposed =
        "Directory-Heartbeat-Interval, Directory-Labels, Directory-Labels-Truncated, Directory-Published, Directory-Signatures, ETag, Idempotent-Replayed, Location, Retry-After"
}
