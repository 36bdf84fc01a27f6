internal import Logging

/// Repeats a request to a remote after a transient error, with growing pauses.
struct RetryPolicy: Sendable {
    let policy: SyncPolicy
    let logger: Logger

    /// Runs a request until it succeeds.
    /// - Throws: `RemoteError` when the error is not transient or after the last attempt,
    ///   `CancellationError`.
    func run<T: Sendable>(
        _ request: @Sendable () async throws(RemoteError) -> T
    ) async throws -> T {
        var attempt = 1
        while true {
            do throws(RemoteError) {
                return try await request()
            } catch {
                try Task.checkCancellation()
                guard case .unavailable(let retryAfter) = error.kind else { throw error }
                guard attempt < policy.attempts else {
                    throw RemoteError(
                        .unavailable(retryAfter: nil), "\(error.reason) (\(attempt) attempts)")
                }
                logger.debug(
                    "sync: retrying",
                    metadata: ["attempt": "\(attempt + 1)", "reason": "\(error.reason)"])
                try await policy.pause(policy.delay(after: attempt, retryAfter: retryAfter))
                attempt += 1
            }
        }
    }
}
