internal import Synchronization

/// Counts the event streams of all loops, in all and for each address, and numbers them.
final class SubscriberCensus: Sendable {
    private struct State {
        var total = 0
        var lastID = 0
        var byAddress: [String: Int] = [:]
    }

    private let state = Mutex(State())
    private let limit: Int
    private let limitPerAddress: Int

    init(limit: Int, perAddress: Int) {
        self.limit = limit
        limitPerAddress = perAddress
    }

    /// Counts a stream in.
    /// - Returns: its number.
    /// - Throws: why there is no room; then nothing was counted.
    func enter(_ address: String) throws(RefusalError) -> Int {
        let verdict: Result<Int, RefusalError> = state.withLock { state in
            guard state.total < limit else { return .failure(RefusalError(reason: .full)) }
            guard state.byAddress[address, default: 0] < limitPerAddress else {
                return .failure(RefusalError(reason: .tooManyFromAddress))
            }
            state.total += 1
            state.lastID += 1
            state.byAddress[address, default: 0] += 1
            return .success(state.lastID)
        }
        return try verdict.get()
    }

    /// Counts a stream out.
    func leave(_ address: String) {
        state.withLock { state in
            state.total -= 1
            let left = state.byAddress[address, default: 1] - 1
            state.byAddress[address] = left > 0 ? left : nil
        }
    }
}

/// There is no room.
struct RefusalError: Error {
    let reason: Refusal
}
