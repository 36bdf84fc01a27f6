internal import Synchronization

/// Counts the connections of all loops, in all and for each address.
public final class ConnectionCensus: Sendable {
    /// Whether there is room for one more connection.
    public enum Verdict: Sendable, Equatable {
        case welcome
        /// The gateway is full.
        case full
        /// This address has as many connections as one may have.
        case tooManyFromAddress
    }

    private struct State {
        var total = 0
        var byAddress: [String: Int] = [:]
    }

    private let state = Mutex(State())
    private let limit: Int
    private let limitPerAddress: Int

    public init(limit: Int, perAddress: Int) {
        self.limit = limit
        limitPerAddress = perAddress
    }

    /// How many connections there are.
    public var total: Int { state.withLock { $0.total } }

    /// Counts a connection in, whatever the verdict: the caller counts it out again.
    public func enter(_ address: String) -> Verdict {
        state.withLock { state in
            state.total += 1
            state.byAddress[address, default: 0] += 1
            if state.total > limit { return .full }
            return state.byAddress[address, default: 0] > limitPerAddress
                ? .tooManyFromAddress : .welcome
        }
    }

    /// Counts a connection out.
    public func leave(_ address: String) {
        state.withLock { state in
            state.total -= 1
            let left = state.byAddress[address, default: 1] - 1
            state.byAddress[address] = left > 0 ? left : nil
        }
    }
}
