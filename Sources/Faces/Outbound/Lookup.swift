internal import Addresses
internal import Dispatch
internal import Synchronization

/// Resolves a name, which blocks a thread: on one of a few threads of its own, awaited until a timeout.
/// After the timeout the lookup continues on its thread, and its result is discarded.
final class Lookup: Sendable {
    typealias Addresses = [SocketAddress]

    private enum State {
        case new
        case awaited(CheckedContinuation<Result<Addresses, any Error>, Never>)
        case finished(Result<Addresses, any Error>)
    }

    private let state = Mutex(State.new)

    private init() {}

    /// Runs `resolve` on one of the threads.
    /// - Throws: what `resolve` throws, `LookupTimeout` after `timeout`, `CancellationError` when the
    ///   task is cancelled.
    static func run(
        timeout: Duration, on threads: LookupThreads = .shared,
        _ resolve: @escaping @Sendable () throws -> Addresses
    ) async throws -> Addresses {
        let lookup = Lookup()
        let alarm = Task {
            try await Task.sleep(for: timeout)
            lookup.finish(.failure(LookupTimeout()))
        }
        defer { alarm.cancel() }
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard lookup.begin(continuation) else { return }
                threads.run {
                    // It may have timed out while it waited for a thread.
                    if !lookup.isFinished { lookup.finish(Result(catching: resolve)) }
                }
            }
        } onCancel: {
            lookup.finish(.failure(CancellationError()))
        }.get()
    }

    private var isFinished: Bool {
        state.withLock { if case .finished = $0 { true } else { false } }
    }

    /// - Returns: false if the task was cancelled before.
    private func begin(
        _ continuation: CheckedContinuation<Result<Addresses, any Error>, Never>
    ) -> Bool {
        let result: Result<Addresses, any Error>? = state.withLock { state in
            if case .finished(let result) = state { return result }
            state = .awaited(continuation)
            return nil
        }
        if let result { continuation.resume(returning: result) }
        return result == nil
    }

    /// Ends the lookup; only the first call has an effect.
    private func finish(_ result: Result<Addresses, any Error>) {
        let continuation: CheckedContinuation<Result<Addresses, any Error>, Never>? =
            state.withLock { state in
                switch state {
                case .finished: return nil
                case .new:
                    state = .finished(result)
                    return nil
                case .awaited(let continuation):
                    state = .finished(result)
                    return continuation
                }
            }
        continuation?.resume(returning: result)
    }
}

/// A name was not resolved before the timeout.
struct LookupTimeout: Error, CustomStringConvertible {
    let description = "no answer in time"
}

/// A few threads that may block. A Dispatch queue alone would start one for each lookup.
final class LookupThreads: Sendable {
    /// Those of syncs: four.
    static let shared = LookupThreads(limit: 4)

    private let limit: Int

    private struct Work {
        var runningCount = 0
        var waiting: [@Sendable () -> Void] = []
    }

    private let queue = DispatchQueue(label: "outbound.lookups", attributes: .concurrent)
    private let work = Mutex(Work())

    /// - Parameter limit: the most lookups at a time.
    init(limit: Int) { self.limit = limit }

    func run(_ lookup: @escaping @Sendable () -> Void) {
        let mayRun = work.withLock { work in
            guard work.runningCount < limit else {
                work.waiting.append(lookup)
                return false
            }
            work.runningCount += 1
            return true
        }
        guard mayRun else { return }
        queue.async {
            var next: (@Sendable () -> Void)? = lookup
            while let lookup = next {
                lookup()
                next = self.next()
            }
        }
    }

    private func next() -> (@Sendable () -> Void)? {
        work.withLock { work in
            guard !work.waiting.isEmpty else {
                work.runningCount -= 1
                return nil
            }
            return work.waiting.removeFirst()
        }
    }
}
