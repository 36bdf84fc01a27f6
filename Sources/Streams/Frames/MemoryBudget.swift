internal import Synchronization

/// The limit of bytes that all connections and queues of a process may hold together.
///
/// One atomic counter. Any thread can reserve and release without waiting.
public final class MemoryBudget: Sendable {
    /// The most bytes that can be reserved.
    public let limit: Int
    private let usedCount = Atomic(0)
    private let peakCount = Atomic(0)

    /// Makes a budget of which nothing is reserved.
    /// - Parameter limit: bytes; without a limit every reservation succeeds.
    public init(limit: Int = .max) { self.limit = max(0, limit) }

    /// How many bytes are reserved or charged at the moment.
    public var used: Int { usedCount.load(ordering: .relaxed) }

    /// The highest value of `used` so far.
    public var peak: Int { peakCount.load(ordering: .relaxed) }

    /// Whether nothing more can be reserved.
    public var isExhausted: Bool { used >= limit }

    /// Reserves `bytes` if there is room for all of them.
    /// - Returns: whether they were reserved.
    public func reserve(_ bytes: Int) -> Bool {
        guard bytes > 0 else { return true }
        var current = used
        while true {
            guard bytes <= limit - current else { return false }
            let (exchanged, found) = usedCount.weakCompareExchange(
                expected: current, desired: current + bytes, ordering: .relaxed)
            if exchanged {
                recordPeak(current + bytes)
                return true
            }
            current = found
        }
    }

    /// Counts memory that is already allocated, also beyond the limit. It leaves less room for
    /// reservations.
    public func charge(_ bytes: Int) {
        guard bytes > 0 else { return }
        recordPeak(usedCount.wrappingAdd(bytes, ordering: .relaxed).newValue)
    }

    /// Releases bytes that were reserved or charged.
    public func release(_ bytes: Int) {
        guard bytes > 0 else { return }
        usedCount.wrappingSubtract(bytes, ordering: .relaxed)
    }

    private func recordPeak(_ value: Int) { peakCount.max(value, ordering: .relaxed) }
}

/// Bytes of a budget that one owner holds. They are released when the value is destroyed.
public struct MemoryReservation: ~Copyable, Sendable {
    private let budget: MemoryBudget
    /// How many bytes are held.
    public private(set) var count = 0

    /// Makes a reservation of 0 bytes.
    public init(_ budget: MemoryBudget) { self.budget = budget }

    deinit { budget.release(count) }

    /// Changes the reservation to `count` bytes, if there is room.
    /// - Returns: false when there is no room; the reservation is then unchanged.
    public mutating func resize(to count: Int) -> Bool {
        if count > self.count {
            guard budget.reserve(count - self.count) else { return false }
        } else {
            budget.release(self.count - count)
        }
        self.count = count
        return true
    }

    /// Changes the reservation to `count` bytes, also beyond the limit of the budget.
    public mutating func set(to count: Int) {
        guard count != self.count else { return }
        if count > self.count {
            budget.charge(count - self.count)
        } else {
            budget.release(self.count - count)
        }
        self.count = count
    }
}
