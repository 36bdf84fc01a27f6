internal import Synchronization

/// Carries every published event to every hub.
///
/// Guarantees: each hub gets each event exactly once, and all hubs get them in the order of the
/// calls to `deliver`. `deliver` neither blocks nor fails; what a hub cannot pass on is that hub's
/// business.
public protocol Backplane: Sendable {
    /// Hands events that were published together to every hub.
    func deliver(_ events: [PublishedEvent])
}

/// The backplane within one process: an outlet for each loop.
public final class LocalBackplane: Backplane {
    /// Leaves events in a loop's mailbox; must not block.
    public typealias Outlet = @Sendable ([PublishedEvent]) -> Void

    private let outlets = Mutex<[Outlet]>([])

    public init() {}

    /// Adds a hub, which gets every event from now on.
    public func connect(_ outlet: @escaping Outlet) { outlets.withLock { $0.append(outlet) } }

    public func deliver(_ events: [PublishedEvent]) {
        // Under the lock, or two publishers could reach two hubs in two orders.
        outlets.withLock { outlets in
            for outlet in outlets { outlet(events) }
        }
    }
}
