internal import Events
internal import Synchronization

/// The place in the event log before which events of the upstream may be missing, because it could not be
/// reached for a time: a client whose last event is older cannot know what it has missed. Each start of
/// the gateway is such a place too. From any thread.
final class UpstreamGap: Sendable {
    private let latest = Mutex<EventPlace?>(nil)

    /// The latest such place; nil when there is none.
    var place: EventPlace? { latest.withLock { $0 } }

    /// Sets the place; nil leaves the one before.
    func set(_ place: EventPlace?) {
        if let place { latest.withLock { $0 = place } }
    }
}
