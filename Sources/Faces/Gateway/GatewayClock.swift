/// The clocks of a gateway, passed in where time is read.
struct GatewayClock: Sendable {
    /// Returns microseconds since 1970 (UTC).
    var wall: @Sendable () -> Int64
    /// Returns the time on the monotonic clock.
    var monotonic: @Sendable () -> Duration
}
