public import Addresses
internal import Synchronization

/// Limits the connections of all loops, in total and for each address. An IPv6 network of 64 bits
/// counts as one address. Can be used from any thread.
public final class ConnectionLimiter: Sendable {
    /// Whether a connection is within the limits.
    public enum Admission: Sendable, Equatable {
        /// Within the limits.
        case admitted
        /// Above the limit of all connections. Its requests get a response that says so.
        case overLimit
        /// Above the limit of its address. Its requests get a response that says so.
        case overAddressLimit
        /// Too far above a limit to get a response: the connection is closed.
        case rejected
    }

    /// How many connections above the limit are still read, so that they get a response; for one
    /// address a sixteenth of it.
    private static let headroom = 256

    /// More than the system allows, and far from an overflow.
    private static let highestLimit = 1 << 40

    private struct State {
        var total = 0
        var byAddress: [AddressKey: Int] = [:]
    }

    private let state = Mutex(State())
    private let limit: Int
    private let limitPerAddress: Int

    /// Makes a limiter without connections.
    /// - Parameters:
    ///   - limit: the most connections in total.
    ///   - perAddress: the most connections of one address.
    public init(limit: Int, perAddress: Int) {
        self.limit = min(limit, Self.highestLimit)
        limitPerAddress = min(perAddress, Self.highestLimit)
    }

    /// How many connections there are.
    public var total: Int { state.withLock { $0.total } }

    /// Counts a connection, whatever the result. The caller must release it.
    /// - Returns: whether it is within the limits.
    public func acquire(_ address: AddressKey) -> Admission {
        state.withLock { state in
            state.total += 1
            state.byAddress[address, default: 0] += 1
            let excess = state.byAddress[address, default: 0] - limitPerAddress
            if state.total > limit + Self.headroom || excess > Self.headroom / 16 {
                return .rejected
            }
            if state.total > limit { return .overLimit }
            return excess > 0 ? .overAddressLimit : .admitted
        }
    }

    /// Uncounts a connection.
    public func release(_ address: AddressKey) {
        state.withLock { state in
            state.total -= 1
            let left = state.byAddress[address, default: 1] - 1
            state.byAddress[address] = left > 0 ? left : nil
        }
    }
}
