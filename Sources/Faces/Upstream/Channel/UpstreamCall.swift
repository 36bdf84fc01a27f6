internal import GatewayGRPC
internal import HTTPTypes
internal import Synchronization

/// One call to the upstream: the messages that it sends, and how it ends. From any thread; one task at
/// a time takes the messages.
final class UpstreamCall: GRPCReplies {
    private struct State {
        var messages: [[UInt8]] = []
        var fields: HTTPFields?
        var status: GRPCStatus?
        var waiter: CheckedContinuation<Void, Never>?
    }

    private enum Step {
        case messages([[UInt8]])
        case ended(GRPCStatus)
        case waiting
    }

    private let state = Mutex(State())
    /// Called with the number of bytes of messages that were taken.
    private let onTaken: @Sendable (Int) -> Void
    private let onCancel: @Sendable () -> Void

    init(
        onTaken: @escaping @Sendable (Int) -> Void, onCancel: @escaping @Sendable () -> Void
    ) {
        self.onTaken = onTaken
        self.onCancel = onCancel
    }

    /// Returns the messages that have arrived since the last call, at least one; nil when the call has
    /// ended with success. Cancelling the task cancels the call.
    /// - Throws: the status with which the call has ended.
    func next() async throws(GRPCStatus) -> [[UInt8]]? {
        while true {
            let step: Step = state.withLock { state in
                if !state.messages.isEmpty {
                    defer { state.messages = [] }
                    return .messages(state.messages)
                }
                return state.status.map { .ended($0) } ?? .waiting
            }
            switch step {
            case .messages(let list):
                onTaken(list.reduce(0) { $0 + $1.count })
                return list
            case .ended(let status):
                if status.code == .ok { return nil }
                throw status
            case .waiting: await change()
            }
        }
    }

    /// Returns the only message of a call that has one.
    func only() async throws(GRPCStatus) -> [UInt8] {
        var messages: [[UInt8]] = []
        while let list = try await next() { messages += list }
        guard messages.count == 1, let message = messages.first else {
            throw GRPCStatus(
                .internal, "the upstream has sent \(messages.count) messages instead of one")
        }
        return message
    }

    /// The fields of the response's header, once they have arrived.
    var fields: HTTPFields? { state.withLock { $0.fields } }

    /// How the call has ended, if it has and no message waits.
    var end: GRPCStatus? { state.withLock { $0.messages.isEmpty ? $0.status : nil } }

    /// Whether the call has ended.
    var hasEnded: Bool { state.withLock { $0.status != nil } }

    /// Ends the call: the upstream is told that its response is not needed.
    func cancel() {
        guard !hasEnded else { return }
        end(GRPCStatus(.cancelled, "the call was cancelled"))
        onCancel()
    }

    /// Waits until something has changed.
    private func change() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let isChanged = state.withLock { state in
                    if !state.messages.isEmpty || state.status != nil { return true }
                    state.waiter = waiter
                    return false
                }
                if isChanged { waiter.resume() }
            }
        } onCancel: {
            cancel()
        }
    }

    // MARK: What arrives

    /// The header of the response has arrived.
    func begin(_ fields: HTTPFields) { state.withLock { $0.fields = $0.fields ?? fields } }

    /// Messages have arrived.
    func add(_ messages: [[UInt8]]) { update { if $0.status == nil { $0.messages += messages } } }

    /// The call has ended. Only the first call has an effect.
    func end(_ status: GRPCStatus) { update { $0.status = $0.status ?? status } }

    private func update(_ body: (inout State) -> Void) {
        let waiter = state.withLock { state in
            body(&state)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}
