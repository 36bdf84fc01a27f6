public import Events
public import Frames
internal import Synchronization

/// Gives each event its id and time and hands it to the backplane, in one order for all hubs. All
/// methods can be called from any thread.
public final class EventPublisher: EventSink {
    /// The clocks that publishing needs.
    public struct Clock: Sendable {
        /// Returns microseconds since 1970 (UTC).
        public var wall: @Sendable () -> Int64
        /// Returns the time on the monotonic clock.
        public var monotonic: @Sendable () -> Duration

        /// Makes the pair of clocks.
        public init(
            wall: @escaping @Sendable () -> Int64, monotonic: @escaping @Sendable () -> Duration
        ) {
            self.wall = wall
            self.monotonic = monotonic
        }
    }

    private struct State {
        var ids = EventIDSequence()
        var random = SystemRandomNumberGenerator()
        var counts = [Int](repeating: 0, count: EventType.allCases.count + 1)
    }

    private let state = Mutex(State())
    private let backplane: any Backplane
    private let clock: Clock
    private let memory: MemoryBudget?
    private let observe: @Sendable (Event) -> Void

    /// Makes a publisher.
    /// - Parameters:
    ///   - memory: is charged for encoded events.
    ///   - observe: called with every published event, under the publisher's lock; must not block.
    public init(
        backplane: any Backplane, clock: Clock, memory: MemoryBudget? = nil,
        observe: @escaping @Sendable (Event) -> Void = { _ in }
    ) {
        self.backplane = backplane
        self.clock = clock
        self.memory = memory
        self.observe = observe
    }

    /// Publishes events in the order of the list. Does not wait for the hubs.
    public func emit(_ drafts: [EventDraft]) {
        // A burst is published under one lock, so that it reaches the hubs as a burst. A long list
        // is divided, so that other publishers do not wait for its end.
        var rest = drafts[...]
        while !rest.isEmpty {
            emit(burst: rest.prefix(Self.burstLimit))
            rest = rest.dropFirst(Self.burstLimit)
        }
    }

    private static let burstLimit = 128

    private func emit(burst drafts: ArraySlice<EventDraft>) {
        state.withLock { state in
            let (now, monotonic) = (clock.wall(), clock.monotonic())
            let events = drafts.map { draft in
                let id = state.ids.next(now: now, random: &state.random)
                state.counts[draft.type.rawValue] += 1
                return PublishedEvent(
                    Event(draft, id: id, timestamp: now), at: monotonic, memory: memory)
            }
            backplane.deliver(events)
            for event in events { observe(event.event) }
        }
    }

    /// Waits until every hub has room (`Backplane.waitForRoom`). Blocks the thread.
    public func waitForRoom() { backplane.waitForRoom() }

    /// Waits for the subscribers that keep reading (`Backplane.pace`).
    public func pace() async { await backplane.pace() }

    /// How many events to publish between two calls of `pace()`.
    public var burst: Int { backplane.burst }

    /// Returns how many events of a type were published.
    public func count(of type: EventType) -> Int {
        state.withLock { $0.counts[type.rawValue] }
    }
}
