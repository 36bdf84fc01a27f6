public import Events
internal import Synchronization
public import Wire

/// An event on its way to the subscribers of all loops: encoded at most once per encoding, and only
/// if somebody wants it.
public final class PublishedEvent: Sendable {
    private struct Encoded {
        var json: [UInt8]?
        var frames: [EventEncoding: Frame] = [:]
    }

    public let event: Event
    /// When it was published, on the monotonic clock.
    public let publishedAt: Duration
    /// About how much memory the event takes until it is encoded.
    public let byteCount: Int
    private let memory: MemoryBudget?
    private let encoded = Mutex(Encoded())

    /// - Parameter memory: is charged for the frames.
    public init(_ event: Event, at publishedAt: Duration, memory: MemoryBudget? = nil) {
        self.event = event
        self.memory = memory
        self.publishedAt = publishedAt
        byteCount = event.labels.reduce(256) { $0 + $1.utf8.count + 32 }
    }

    /// The one frame that all subscribers of this encoding share.
    public func frame(_ encoding: EventEncoding) -> Frame {
        encoded.withLock { encoded in
            if let frame = encoded.frames[encoding] { return frame }
            let json = encoded.json ?? event.json()
            encoded.json = json
            let frame = encoding.frame(event, json: json, budget: memory)
            encoded.frames[encoding] = frame
            return frame
        }
    }
}
