internal import Directory
internal import HTTPTypes

/// The errors of a Directory in front of which the gateway is.
extension Problem {
    /// Makes the problem of an operation that the upstream has not carried out.
    init(upstream error: DirectoryError) {
        let detail = "\(Self.sentence(error.description))."
        switch error {
        case .upstreamUnsupported:
            self.init(
                .notImplemented, "upstream-unsupported", "Not supported by the upstream", detail,
                remedy: "docs/upstream.md lists what works in front of another Directory.")
        case .upstreamFailed:
            self.init(
                .badGateway, "upstream-failed", "The upstream has failed", detail,
                remedy:
                    "Ask the operator: the log of the upstream has the cause, or the gateway may not do this there."
            )
        default:
            self.init(
                .serviceUnavailable, "upstream-unavailable", "Upstream unavailable", detail,
                remedy:
                    "Try again later. GET /readyz says whether the upstream is back; a change may have been made if the upstream had received it."
            )
            fields[.retryAfter] = "5"
        }
    }
}
