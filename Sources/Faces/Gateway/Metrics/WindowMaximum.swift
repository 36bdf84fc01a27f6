/// The highest value of about the last minute, however many look at it and how often.
struct WindowMaximum<Value: Comparable & Sendable>: Sendable {
    /// How often to call `turn`.
    static var turnInterval: Duration { .seconds(10) }
    private static var count: Int { 6 }

    private let zero: Value
    /// The highest value of each turn, the newest last.
    private var parts: [Value]

    init(_ zero: Value) {
        self.zero = zero
        parts = [zero]
    }

    /// The highest value.
    var value: Value { parts.max() ?? zero }

    /// Adds a value of now.
    mutating func add(_ value: Value) {
        parts[parts.count - 1] = max(parts[parts.count - 1], value)
    }

    /// Begins the next part of the window, and forgets the oldest.
    mutating func turn() {
        parts.append(zero)
        if parts.count > Self.count { parts.removeFirst() }
    }
}
