public import Libevent
internal import Synchronization

/// Counts the connections of all loops, in all and for each address; an IPv6 network of 64 bits
/// counts as one address.
public final class ConnectionLimiter: Sendable {
    /// Whether there is room for one more connection.
    public enum Admission: Sendable, Equatable {
        case admitted
        /// The gateway is full.
        case overLimit
        /// This address has as many connections as one may have.
        case overAddressLimit
        /// Not even room to say so.
        case rejected
    }

    /// Connections beyond a limit are still read, so that they can be refused in words: so many in
    /// all, and a sixteenth of them of one address.
    private static let headroom = 256

    /// More than there can be, and far from an overflow.
    private static let highestLimit = 1 << 40

    private struct State {
        var total = 0
        var byAddress: [AddressKey: Int] = [:]
    }

    private let state = Mutex(State())
    private let limit: Int
    private let limitPerAddress: Int

    public init(limit: Int, perAddress: Int) {
        self.limit = min(limit, Self.highestLimit)
        limitPerAddress = min(perAddress, Self.highestLimit)
    }

    /// How many connections there are.
    public var total: Int { state.withLock { $0.total } }

    /// Counts a connection in, whatever the admission: the caller counts it out again.
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

    /// Counts a connection out.
    public func release(_ address: AddressKey) {
        state.withLock { state in
            state.total -= 1
            let left = state.byAddress[address, default: 1] - 1
            state.byAddress[address] = left > 0 ? left : nil
        }
    }
}
