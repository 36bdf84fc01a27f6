internal import Directory
internal import HTTPServer
internal import Records
internal import Text

extension GRPCStatus {
    /// Returns the status for any error of a handler; nil for one that is a fault of the gateway.
    init?(_ error: any Error) {
        switch error {
        case let error as GRPCStatus: self = error
        case let error as DirectoryError: self.init(error)
        case let error as RequestBodyError: self.init(error)
        case is WireError: self = .malformed
        default: return nil
        }
    }

    /// The status of a message that is not protobuf, as gRPC's own servers give it.
    static let malformed = GRPCStatus(.internal, "failed to unmarshal the received message")

    /// Returns the status of an operation's error, with the codes of upstream where it has one.
    init(_ error: DirectoryError) {
        switch error {
        case .record(.malformed(let reason, _)):
            self.init(.invalidArgument, "record validation failed: [ERROR: \(reason)]")
        case .record(.invalid(let faults)):
            let list = faults.map { "ERROR: \($0.pointer) \($0.detail)" }
            self.init(
                .invalidArgument, "record validation failed: [\(list.joined(separator: " "))]")
        case .notFound(let cids):
            self.init(.notFound, "record not found: \(cids.joined(separator: ", "))")
        case .invalid, .key: self.init(.invalidArgument, error.description)
        case .remote(let remote):
            switch remote.kind {
            case .forbidden: self.init(.permissionDenied, remote.reason)
            case .invalidAddress, .unavailable, .notFound, .badAnswer:
                self.init(
                    .invalidArgument, "invalid remote directory URL: \(remote.reason)")
            }
        case .syncNotFound: self.init(.notFound, "\(error.description): record not found")
        case .syncEnded: self.init(.invalidArgument, error.description)
        case .storeUnavailable, .busy, .queryTimeout, .upstreamUnavailable:
            self.init(.unavailable, error.description)
        case .cancelled: self.init(.cancelled, error.description)
        case .damaged: self.init(.dataLoss, error.description)
        case .upstreamUnsupported: self.init(.unimplemented, error.description)
        case .upstreamFailed: self.init(.internal, error.description)
        }
    }

    private init(_ error: RequestBodyError) {
        switch error {
        case .disconnected: self.init(.cancelled, "the client has left")
        case .timedOut:
            self.init(.deadlineExceeded, "the client has sent or taken nothing for too long")
        case .tooLarge: self.init(.resourceExhausted, "the message is too large")
        case .outOfMemory: self = .outOfMemory
        case .malformed(let error): self.init(.internal, error.reason)
        }
    }

    /// How the gateway ends calls when it shuts down.
    static let shutdown = GRPCStatus(.unavailable, "the gateway is shutting down")

    /// The status while the budget of memory is exhausted.
    static let outOfMemory = GRPCStatus(
        .resourceExhausted, "the gateway has no memory for this message: try again later")

    /// Returns the status with a text before its message, as upstream's wrapped errors have it.
    func prefixed(_ text: String) -> GRPCStatus { GRPCStatus(code, "\(text): \(message)") }
}
