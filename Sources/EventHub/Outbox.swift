internal import DequeModule
internal import Events
public import Wire

/// What waits for one subscriber that has fallen behind: a bounded queue that drops the newest
/// event when it is full, and puts the number of losses before the next event that has room.
///
/// Holds references to shared frames, never copies. Pure: it knows no socket and no clock.
public struct Outbox {
    private struct Entry {
        let frame: Frame
        let isEvent: Bool
    }

    /// However many events are allowed: those of a few enormous records must not fill the memory.
    private static let byteLimit = 4 << 20

    private let capacity: Int
    private let notice: @Sendable (Int) -> Frame
    private let memory: MemoryBudget?
    private var queue: Deque<Entry> = []
    /// Bytes of the first frame that have left already.
    private var sentOfFirst: Int
    /// Bytes that wait, of events.
    private var bytes = 0
    /// Events that wait.
    public private(set) var count = 0
    /// Losses that nothing in the queue tells of yet.
    public private(set) var untold = 0

    /// - Parameters:
    ///   - capacity: how many events may wait.
    ///   - sentOfFirst: bytes of the first frame to come that the socket has taken already.
    ///   - memory: when it is exhausted there is no room, whatever the capacity.
    ///   - notice: makes the frame that tells of so many losses.
    public init(
        capacity: Int, sentOfFirst: Int, memory: MemoryBudget? = nil,
        notice: @escaping @Sendable (Int) -> Frame
    ) {
        self.memory = memory
        self.capacity = capacity
        self.sentOfFirst = sentOfFirst
        self.notice = notice
    }

    /// Whether nothing is left to send or to tell.
    public var isEmpty: Bool { queue.isEmpty && untold == 0 }

    /// Queues an event.
    /// - Returns: false when there was no room and the event is lost for this subscriber.
    public mutating func offer(_ frame: Frame) -> Bool {
        // A frame of which a part has left must be ended, whatever the limit.
        let isFull =
            count >= capacity || (bytes + frame.count(.plain) > Self.byteLimit && count > 0)
            || memory?.isExhausted ?? false
        guard !isFull || (queue.isEmpty && sentOfFirst > 0) else {
            untold += 1
            return false
        }
        tell()
        queue.append(Entry(frame: frame, isEvent: true))
        count += 1
        bytes += frame.count(.plain)
        return true
    }

    /// Counts events that are lost for this subscriber.
    public mutating func lose(_ count: Int) { untold += count }

    /// Queues a frame that is no event, whatever the limit.
    public mutating func append(_ frame: Frame) {
        tell()
        queue.append(Entry(frame: frame, isEvent: false))
    }

    /// What should leave next; nil when there is nothing.
    public mutating func next(framing: Frame.Framing, limit: Int = 64) -> FrameRun? {
        if queue.isEmpty { tell() }
        guard !queue.isEmpty else { return nil }
        return FrameRun(
            queue.prefix(limit).map(\.frame), framing: framing, skipping: sentOfFirst)
    }

    /// Takes note that so many bytes of `run` have left.
    /// - Returns: how many events have left whole.
    public mutating func advance(_ run: FrameRun, by bytes: Int) -> Int {
        let (frames, rest) = run.position(after: bytes)
        let gone = queue.prefix(frames).filter(\.isEvent)
        let events = gone.count
        self.bytes -= gone.reduce(0) { $0 + $1.frame.count(.plain) }
        queue.removeFirst(frames)
        count -= events
        sentOfFirst = frames == 0 ? sentOfFirst + rest : rest
        return events
    }

    private mutating func tell() {
        guard untold > 0 else { return }
        queue.append(Entry(frame: notice(untold), isEvent: false))
        untold = 0
    }
}
