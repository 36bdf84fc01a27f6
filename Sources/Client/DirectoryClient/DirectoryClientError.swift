/// Why a request to the gateway failed.
public enum DirectoryClientError: Error, Sendable, CustomStringConvertible {
    /// The text is not an address of a gateway.
    case invalidAddress(String)
    /// A file of certificates or keys cannot be used.
    case unusableFile(String, reason: String)
    /// There was no connection, or it was lost.
    case unreachable(ServerAddress, reason: String)
    /// There was no response in time.
    case timedOut(ServerAddress)
    /// The server at the address is not a gateway.
    case notAGateway(ServerAddress, reason: String)
    /// The gateway refused the request.
    case refused(Problem)

    /// One line with the reason and the remedy.
    public var description: String {
        switch self {
        case .invalidAddress(let text):
            "'\(text)' is not an address: write it as http://127.0.0.1:8080 or https://dir.example.org"
        case .unusableFile(let file, let reason): "\(file) cannot be used: \(reason)"
        case .unreachable(let address, let reason):
            "\(address) cannot be reached (\(reason)): is the gateway running there?"
        case .timedOut(let address):
            "\(address) did not respond in time: try again, or set a longer timeout"
        case .notAGateway(let address, let reason):
            "\(address) is not a Directory Gateway (\(reason)): check the address\(address.hasPath ? " and its path" : "")"
        case .refused(let problem): problem.description
        }
    }

    /// Whether a retry may succeed.
    public var isTransient: Bool {
        switch self {
        case .unreachable, .timedOut: true
        case .invalidAddress, .unusableFile, .notAGateway: false
        case .refused(let problem): [408, 429, 500, 502, 503, 504].contains(problem.status)
        }
    }
}
