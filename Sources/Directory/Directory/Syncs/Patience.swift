internal import Logging

/// Asks a remote again, with growing pauses, while that may help.
struct Patience: Sendable {
    let policy: SyncPolicy
    let logger: Logger

    /// - Throws: `RemoteError` when it does not help, `CancellationError`.
    func ask<T: Sendable>(
        _ question: @Sendable () async throws(RemoteError) -> T
    ) async throws -> T {
        var attempt = 1
        while true {
            do throws(RemoteError) {
                return try await question()
            } catch {
                try Task.checkCancellation()
                guard case .unavailable(let asked) = error.kind else { throw error }
                guard attempt < policy.attempts else {
                    throw RemoteError(
                        .unavailable(retryAfter: nil), "\(error.reason) (\(attempt) attempts)")
                }
                logger.debug(
                    "sync: trying again",
                    metadata: ["attempt": "\(attempt + 1)", "reason": "\(error.reason)"])
                try await policy.pause(policy.delay(after: attempt, asked: asked))
                attempt += 1
            }
        }
    }
}
