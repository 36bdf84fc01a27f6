public import Events
internal import Synchronization
public import Wire

/// Gives events their id and time and hands them to the backplane, in one order for everybody.
public final class EventPublisher: EventSink {
    /// The times that publishing needs.
    public struct Clock: Sendable {
        /// Microseconds since 1970 (UTC).
        public var wall: @Sendable () -> Int64
        /// A clock that never steps back.
        public var monotonic: @Sendable () -> Duration

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

    /// - Parameters:
    ///   - memory: is charged for encoded events.
    ///   - observe: sees every event as it is published; must not block.
    public init(
        backplane: any Backplane, clock: Clock, memory: MemoryBudget? = nil,
        observe: @escaping @Sendable (Event) -> Void = { _ in }
    ) {
        self.backplane = backplane
        self.clock = clock
        self.memory = memory
        self.observe = observe
    }

    public func emit(_ drafts: [EventDraft]) {
        // A burst under one lock, so that it reaches the hubs as a burst; a long list in several,
        // so that others need not wait for its end.
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

    public func waitForRoom() { backplane.waitForRoom() }

    public func pace() async { await backplane.pace() }

    public var burst: Int { backplane.burst }

    /// How many events of a type were published.
    public func count(of type: EventType) -> Int {
        state.withLock { $0.counts[type.rawValue] }
    }
}
