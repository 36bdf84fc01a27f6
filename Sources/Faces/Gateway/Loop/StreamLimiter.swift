internal import Addresses
internal import Synchronization

/// Limits the event streams of all loops and the items of their filters, in total and for each
/// address (for IPv6 each network of 64 bits). Also gives each stream its number. Can be used from
/// any thread.
final class StreamLimiter: Sendable {
    /// The most streams and filter items.
    struct Limits: Sendable {
        var streams: Int
        var items: Int
    }

    private struct Count {
        var streams = 0
        var items = 0

        /// Returns whether another stream with `more` items would exceed a limit.
        func exceeds(_ limits: Limits, with more: Int) -> Bool {
            streams >= limits.streams || (more > 0 && items + more > limits.items)
        }
    }

    private struct State {
        var total = Count()
        var lastID = 0
        var byAddress: [AddressKey: Count] = [:]
    }

    private let state = Mutex(State())
    private let limits: Limits
    private let limitsPerAddress: Limits

    init(_ limits: Limits, perAddress: Limits) {
        self.limits = limits
        limitsPerAddress = perAddress
    }

    /// Counts a stream, if it is within the limits.
    /// - Parameter items: how many items its filter has.
    /// - Returns: the number of the stream, unique in the process.
    /// - Throws: the reason when a limit would be exceeded; nothing is counted then.
    func acquire(_ address: AddressKey, items: Int) throws(RefusalError) -> Int {
        let result: Result<Int, RefusalError> = state.withLock { state in
            guard !state.total.exceeds(limits, with: items) else {
                return .failure(RefusalError(reason: .full))
            }
            let count = state.byAddress[address] ?? Count()
            guard !count.exceeds(limitsPerAddress, with: items) else {
                return .failure(RefusalError(reason: .tooManyFromAddress))
            }
            state.total.streams += 1
            state.total.items += items
            state.byAddress[address] = Count(
                streams: count.streams + 1, items: count.items + items)
            state.lastID += 1
            return .success(state.lastID)
        }
        return try result.get()
    }

    /// Uncounts a stream.
    func release(_ address: AddressKey, items: Int) {
        state.withLock { state in
            state.total.streams -= 1
            state.total.items -= items
            guard var count = state.byAddress[address] else { return }
            count.streams -= 1
            count.items -= items
            state.byAddress[address] = count.streams > 0 ? count : nil
        }
    }
}

/// A stream was refused.
struct RefusalError: Error {
    let reason: Refusal
}
