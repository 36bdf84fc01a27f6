internal import HTTPServer
internal import HTTPTypes
internal import Text

/// Carries calls to the Directory that has the records. All methods can be called from any thread.
package protocol GRPCRelay: Sendable {
    /// Calls a method of that Directory, with all messages of this side.
    ///
    /// Guarantee: what the call changes is made known to subscribers as it would be here, once.
    /// - Parameters:
    ///   - path: `/package.Service/Method`
    ///   - hints: what the client asks for beyond the Directory's interface.
    ///   - timeout: the time that the client still waits; nil for the relay's own limit.
    /// - Throws: the status that means that there was no call: UNAVAILABLE.
    func call(
        _ path: String, _ messages: [[UInt8]], hints: GRPCHints, timeout: Duration?
    ) async throws(GRPCStatus) -> any GRPCReplies
}

/// The messages of a call that was carried on.
package protocol GRPCReplies: Sendable {
    /// Returns the messages that have arrived since the last call, at least one; nil when the call has
    /// ended with success. Cancelling the task cancels the call.
    /// - Throws: the status with which the call has ended.
    func next() async throws(GRPCStatus) -> [[UInt8]]?

    /// Ends the call, if it has not ended: its further messages are not needed.
    func cancel()
}

extension GRPCMethod {
    /// Returns the same method, carried to another Directory. What its handler here would do is not
    /// done.
    ///
    /// Messages that have arrived together are carried on in one call, which ends before the next: for
    /// the methods of the Directory that is the same, because each message stands for itself.
    func relayed(by relay: any GRPCRelay) -> GRPCMethod {
        let (path, kind) = (path, kind)
        return GRPCMethod(
            service, name, kind, scope: scope, admission: admission, messageLimit: messageLimit
        ) { call in
            let began = call.host.now
            func carry(_ messages: [[UInt8]]) async throws {
                let left = call.timeout.map { $0 - (call.host.now - began) }
                let replies = try await relay.call(
                    path, messages, hints: call.hints, timeout: left)
                // The client may leave while it is sent to.
                defer { replies.cancel() }
                while let list = try await replies.next() {
                    // A client that streams gets its one reply at the end.
                    guard kind != .clientStream else { continue }
                    for message in list { try await call.send(message) }
                }
            }
            switch kind {
            case .unary, .serverStream: try await carry([try await call.only()])
            case .bidirectional, .clientStream:
                while let messages = try await call.nextBatch() { try await carry(messages) }
                // The methods of this kind reply with an empty message.
                if kind == .clientStream { try await call.send([]) }
            }
        }
    }
}

extension GRPCCall {
    /// The time that the client waits in all; nil when it has not said so.
    fileprivate var timeout: Duration? {
        guard let name = HTTPField.Name("grpc-timeout"), let value = head.fields[name] else {
            return nil
        }
        return GRPCTimeout.parse(value)
    }

    /// The most messages, and the most bytes of them, that are carried on together.
    private static let batchLimit = (count: 64, bytes: 1 << 20)

    /// Returns the messages that have arrived, at least one; nil when the client has ended its side.
    fileprivate func nextBatch() async throws -> [[UInt8]]? {
        guard let first = try await next() else { return nil }
        var messages = [first]
        var bytes = first.count
        while messages.count < Self.batchLimit.count, bytes < Self.batchLimit.bytes,
            let message = try? nextBuffered()
        {
            messages.append(message)
            bytes += message.count
        }
        return messages
    }
}
