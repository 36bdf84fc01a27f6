internal import EventHub
internal import Frames
internal import HTTPServer

/// Connects a subscriber of the hub with an open stream. Frames go to the stream, and the hub is
/// notified when the stream has room or has ended.
final class StreamSubscriber: FrameSink, EventStream.Delegate {
    let stream: EventStream
    private(set) var subscriber: Subscriber?
    private let onClose: (StreamSubscriber) -> Void

    /// Subscribes the stream: it receives events from now on.
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

    /// Breaks the reference cycle when the stream has ended.
    func release() { subscriber = nil }
}
