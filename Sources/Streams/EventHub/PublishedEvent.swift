public import Events
public import Frames
internal import Synchronization

/// A published event, shared by all loops. It is encoded at most once per encoding, when the first
/// subscriber needs that encoding.
public final class PublishedEvent: Sendable {
    private struct Encoded {
        var json: [UInt8]?
        var frames: [EventEncoding: Frame] = [:]
    }

    /// The event, with its id and time.
    public let event: Event
    /// The place after the event in the event log; nil when it is not in a log.
    public let place: EventPlace?
    /// When it was published, on the monotonic clock.
    public let publishedAt: Duration
    /// The approximate memory of the event before it is encoded, in bytes.
    public let byteCount: Int
    private let memory: MemoryBudget?
    private let encoded = Mutex(Encoded())

    /// Makes an event that was published at a time on the monotonic clock.
    /// - Parameters:
    ///   - place: the place after it in the event log; nil when it is not in a log.
    ///   - memory: is charged for the frames.
    public init(
        _ event: Event, at publishedAt: Duration, place: EventPlace? = nil,
        memory: MemoryBudget? = nil
    ) {
        self.event = event
        self.place = place
        self.memory = memory
        self.publishedAt = publishedAt
        byteCount = event.labels.reduce(256) { $0 + $1.utf8.count + 32 }
    }

    /// Returns the frame that all subscribers of an encoding share. From any thread.
    public func frame(_ encoding: EventEncoding) -> Frame {
        encoded.withLock { encoded in
            if let frame = encoded.frames[encoding] { return frame }
            let frame: Frame
            if encoding.isGRPC {
                // Both encodings of gRPC have the same events.
                frame =
                    encoded.frames[.grpc]
                    ?? encoding.frame(event, json: [], place: place, budget: memory)
                encoded.frames[.grpc] = frame
            } else {
                let json = encoded.json ?? event.json()
                encoded.json = json
                frame = encoding.frame(event, json: json, place: place, budget: memory)
            }
            encoded.frames[encoding] = frame
            return frame
        }
    }
}
