internal import DequeModule
internal import Events
public import Frames

/// The frames that wait for one subscriber that has fallen behind. The queue is bounded. When it is
/// full, it drops the newest event, and it puts the number of drops before the next event that has
/// room.
///
/// Holds references to shared frames, never copies. Pure: it has no socket and no clock.
public struct SendQueue {
    private struct Entry {
        let frame: Frame
        let isEvent: Bool
    }

    /// Bytes of events that may wait, whatever the capacity: the events of a few very large records
    /// must not fill the memory.
    private static let byteLimit = 4 << 20

    private let capacity: Int
    private let notice: @Sendable (Int) -> Frame
    private let memory: MemoryBudget?
    private var queue: Deque<Entry> = []
    /// Bytes of the first frame that were sent already.
    private var sentOfFirst: Int
    /// Bytes of the events that wait.
    private var bytes = 0
    /// How many events wait.
    public private(set) var count = 0
    /// Dropped events for which no notice has been queued yet.
    public private(set) var unreportedDrops = 0

    /// Makes an empty queue.
    /// - Parameters:
    ///   - capacity: how many events may wait.
    ///   - sentOfFirst: bytes of the first frame to come that the socket has taken already.
    ///   - memory: while it is exhausted there is no room, whatever the capacity.
    ///   - notice: makes the frame that reports a number of dropped events.
    public init(
        capacity: Int, sentOfFirst: Int, memory: MemoryBudget? = nil,
        notice: @escaping @Sendable (Int) -> Frame
    ) {
        self.memory = memory
        self.capacity = capacity
        self.sentOfFirst = sentOfFirst
        self.notice = notice
    }

    /// Whether nothing waits, neither a frame nor a report of drops.
    public var isEmpty: Bool { queue.isEmpty && unreportedDrops == 0 }

    /// Queues an event.
    /// - Returns: false when there was no room and the event is dropped for this subscriber.
    public mutating func offer(_ frame: Frame) -> Bool {
        guard hasRoom(for: frame) else {
            unreportedDrops += 1
            return false
        }
        force(frame)
        return true
    }

    /// Returns whether an event has room.
    public func hasRoom(for frame: Frame) -> Bool {
        let isFull =
            count >= capacity || (bytes + frame.count(.plain) > Self.byteLimit && count > 0)
            || memory?.isExhausted ?? false
        // A frame of which a part was sent must be sent to its end, whatever the limit.
        return !isFull || (queue.isEmpty && sentOfFirst > 0)
    }

    /// Queues an event, whatever the limit.
    public mutating func force(_ frame: Frame) {
        queueNotice()
        queue.append(Entry(frame: frame, isEvent: true))
        count += 1
        bytes += frame.count(.plain)
    }

    /// Counts events that were dropped for this subscriber elsewhere.
    public mutating func recordDrops(_ count: Int) { unreportedDrops += count }

    /// Queues a frame that is not an event, whatever the limit. An empty frame is left out.
    public mutating func append(_ frame: Frame) {
        queueNotice()
        guard frame.count(.plain) > 0 else { return }
        queue.append(Entry(frame: frame, isEvent: false))
    }

    /// Frames beyond the capacity that are not events: a client that does not read for long gets the
    /// first of them.
    private static let noticeLimit = 16

    /// Queues a frame that is not an event, unless many of them wait already.
    public mutating func offerNotice(_ frame: Frame) {
        if queue.count < capacity + Self.noticeLimit { append(frame) }
    }

    /// Returns what is to be sent next, at most `limit` frames; nil when nothing waits.
    public mutating func next(framing: Frame.Framing, limit: Int = 64) -> FrameRun? {
        if queue.isEmpty { queueNotice() }
        guard !queue.isEmpty else { return nil }
        return FrameRun(
            queue.prefix(limit).map(\.frame), framing: framing, skipping: sentOfFirst)
    }

    /// Removes what was sent of the run that `next` returned.
    /// - Parameter bytes: how many bytes the socket took.
    /// - Returns: how many events were sent to their end.
    public mutating func advance(_ run: FrameRun, by bytes: Int) -> Int {
        let (frames, rest) = run.position(after: bytes)
        let sent = queue.prefix(frames).filter(\.isEvent)
        let events = sent.count
        self.bytes -= sent.reduce(0) { $0 + $1.frame.count(.plain) }
        queue.removeFirst(frames)
        count -= events
        sentOfFirst = frames == 0 ? sentOfFirst + rest : rest
        return events
    }

    /// Queues the report of the drops so far.
    private mutating func queueNotice() {
        guard unreportedDrops > 0 else { return }
        let frame = notice(unreportedDrops)
        unreportedDrops = 0
        // An encoding without notices has an empty one.
        if frame.count(.plain) > 0 { queue.append(Entry(frame: frame, isEvent: false)) }
    }
}
