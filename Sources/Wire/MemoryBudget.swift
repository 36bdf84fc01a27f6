internal import Synchronization

/// How many bytes all connections and queues of a process may hold together.
///
/// One atomic counter: any thread reserves and releases, nobody waits.
public final class MemoryBudget: Sendable {
    /// The most bytes that can be reserved.
    public let limit: Int
    private let usedCount = Atomic(0)
    private let peakCount = Atomic(0)

    /// - Parameter limit: bytes; without one nothing is refused.
    public init(limit: Int = .max) { self.limit = max(0, limit) }

    /// How many bytes are reserved or charged now.
    public var used: Int { usedCount.load(ordering: .relaxed) }

    /// The most bytes there have been at once.
    public var peak: Int { peakCount.load(ordering: .relaxed) }

    /// Whether nothing more can be reserved.
    public var isExhausted: Bool { used >= limit }

    /// Takes `bytes` out of the budget, if there is room for all of them.
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

    /// Counts memory that is there already and cannot be refused, also beyond the limit; it leaves
    /// less room for what can.
    public func charge(_ bytes: Int) {
        guard bytes > 0 else { return }
        recordPeak(usedCount.wrappingAdd(bytes, ordering: .relaxed).newValue)
    }

    /// Gives back what was reserved or charged.
    public func release(_ bytes: Int) {
        guard bytes > 0 else { return }
        usedCount.wrappingSubtract(bytes, ordering: .relaxed)
    }

    private func recordPeak(_ value: Int) { peakCount.max(value, ordering: .relaxed) }
}

/// Bytes of a budget that somebody holds; given back when the value goes.
public struct MemoryReservation: ~Copyable, Sendable {
    private let budget: MemoryBudget
    /// How many bytes are held.
    public private(set) var count = 0

    /// Holds nothing yet.
    public init(_ budget: MemoryBudget) { self.budget = budget }

    deinit { budget.release(count) }

    /// Holds `count` bytes from now on.
    /// - Returns: false when there is no room; then what was held is still held.
    public mutating func resize(to count: Int) -> Bool {
        if count > self.count {
            guard budget.reserve(count - self.count) else { return false }
        } else {
            budget.release(self.count - count)
        }
        self.count = count
        return true
    }

    /// Holds `count` bytes from now on, whether there is room or not.
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
