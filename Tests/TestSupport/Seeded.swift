import Foundation

/// Numbers that a seed determines (SplitMix64), so that a failure can be replayed.
public struct Seeded: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Starts a sequence.
    public init(seed: UInt64) { state = seed }

    /// Returns the next number.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

/// Returns the seed of a test, and prints it: that of the variable `TEST_SEED`, which repeats a run, or
/// a random one.
public func testSeed(_ test: String = #function) -> UInt64 {
    let given = ProcessInfo.processInfo.environment["TEST_SEED"].flatMap { UInt64($0) }
    let seed = given ?? UInt64.random(in: 0 ... .max)
    print("\(test): TEST_SEED=\(seed)")
    return seed
}
