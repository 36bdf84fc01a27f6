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
            "\(address) is no Directory Gateway (\(reason)): check the address\(address.hasPath ? " and its path" : "")"
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
