internal import Libevent
internal import Synchronization

/// Counts the event streams of all loops and the items of their filters, in all and for each
/// address (for IPv6 each network of 64 bits), and numbers the streams.
final class StreamLimiter: Sendable {
    /// How much there may be.
    struct Limits: Sendable {
        var streams: Int
        var items: Int
    }

    private struct Count {
        var streams = 0
        var items = 0

        /// Whether another stream with so many items goes beyond a limit.
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

    /// Counts a stream in.
    /// - Parameter items: of its filter.
    /// - Returns: its number.
    /// - Throws: why there is no room; then nothing was counted.
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

    /// Counts a stream out.
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

/// There is no room.
struct RefusalError: Error {
    let reason: Refusal
}
