/// Why a connection or a stream is refused for now.
enum Refusal: Sendable, CaseIterable {
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

    /// The reason as a sentence, for the client.
    var sentence: String {
        switch self {
        case .full: "The gateway has no room for another connection, stream or filter."
        case .tooManyFromAddress:
            "This address has reached its limit of connections, streams or filter items."
        case .draining: "The gateway is shutting down."
        }
    }
}
