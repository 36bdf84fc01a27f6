public import Events
public import Frames
internal import Synchronization

/// Hands events to the backplane, as `PublishedEvent`s that all hubs share, and counts them.
public final class EventPublisher: EventSink {
    private let counts = Mutex([Int](repeating: 0, count: EventType.allCases.count + 1))
    private let backplane: any Backplane
    private let monotonic: @Sendable () -> Duration
    private let memory: MemoryBudget?
    private let recent: MemoryEventLog?
    private let observe: @Sendable (Event) -> Void

    /// Makes a publisher.
    /// - Parameters:
    ///   - monotonic: returns the time on the monotonic clock.
    ///   - memory: is charged for encoded events.
    ///   - recent: keeps the last events; gets each one before the hubs do.
    ///   - observe: called with every published event; must not block.
    public init(
        backplane: any Backplane, monotonic: @escaping @Sendable () -> Duration,
        memory: MemoryBudget? = nil, recent: MemoryEventLog? = nil,
        observe: @escaping @Sendable (Event) -> Void = { _ in }
    ) {
        self.backplane = backplane
        self.monotonic = monotonic
        self.memory = memory
        self.recent = recent
        self.observe = observe
    }

    /// Publishes events in the order of the list. Does not wait for the hubs.
    public func publish(_ events: [Event]) { publish(events, at: nil) }

    /// Publishes events of a log in the order of the list. Does not wait for the hubs.
    /// - Parameter place: the place after the first of them.
    public func publish(_ events: [Event], at place: EventPlace?) {
        // A long list is divided, so that a hub begins with its start before it has its end.
        for start in stride(from: 0, to: events.count, by: Self.burstLimit) {
            let burst = events[start..<min(start + Self.burstLimit, events.count)]
            publish(burst, at: place?.advanced(by: start))
        }
    }

    private static let burstLimit = 128

    private func publish(_ events: ArraySlice<Event>, at place: EventPlace?) {
        counts.withLock { counts in
            for event in events { counts[event.type.rawValue] += 1 }
        }
        recent?.append(Array(events))
        let now = monotonic()
        backplane.publish(
            events.enumerated().map { index, event in
                PublishedEvent(
                    event, at: now, place: place?.advanced(by: index), memory: memory)
            })
        for event in events { observe(event) }
    }

    /// Waits until every hub has room (`Backplane.waitForRoom`). Blocks the thread.
    public func waitForRoom() { backplane.waitForRoom() }

    /// Waits for the subscribers that keep reading (`Backplane.pace`).
    public func pace() async { await backplane.pace() }

    /// How many events to publish between two calls of `pace()`.
    public var burst: Int { backplane.burst }

    /// Returns how many events of a type were published.
    public func count(of type: EventType) -> Int { counts.withLock { $0[type.rawValue] } }
}
