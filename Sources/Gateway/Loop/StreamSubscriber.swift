internal import EventHub
internal import LibeventHTTP
internal import Wire

/// Joins a subscriber of the hub to an open stream: frames one way, room and the end the other.
final class StreamSubscriber: FrameSink, EventStream.Delegate {
    let stream: EventStream
    private(set) var subscriber: Subscriber?
    private let onClose: (StreamSubscriber) -> Void

    /// Subscribes; from now on events go to the stream.
    init(
        _ stream: EventStream, hub: Hub, request: Subscriber.Request,
        onClose: @escaping (StreamSubscriber) -> Void
    ) {
        self.stream = stream
        self.onClose = onClose
        subscriber = hub.subscribe(request, sink: self)
        stream.delegate = self
    }

    func send(_ run: FrameRun) -> Int { stream.send(run) }

    func finish() { stream.finish() }

    func abort() { stream.end() }

    func streamIsWritable(_ stream: EventStream) { subscriber?.drain() }

    func streamClosed(_ stream: EventStream) { onClose(self) }

    /// Breaks the ring of references at the end.
    func release() { subscriber = nil }
}
