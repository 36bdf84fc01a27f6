internal import Authentication
internal import EventHub
internal import Libevent

/// Ends the streams of one loop whose token has ended. Belongs to the loop's thread.
final class StreamAccess {
    private let authenticator: Authenticator
    private let wheel: TimerWheel
    private let retry: Duration
    private let end: (Subscriber, AccessEnd) -> Void
    private var streams: [Int: (subscriber: Subscriber, subject: Subject)] = [:]
    private var isTicking = false

    /// How often the expiry of tokens is looked at.
    private static let interval: Duration = .seconds(1)

    /// - Parameter end: ends the stream of a subscriber.
    init(
        _ authenticator: Authenticator, wheel: TimerWheel, retry: Duration,
        end: @escaping (Subscriber, AccessEnd) -> Void
    ) {
        self.authenticator = authenticator
        self.wheel = wheel
        self.retry = retry
        self.end = end
    }

    /// Watches over a stream, if its subject can end.
    func add(_ subscriber: Subscriber, _ subject: Subject) {
        guard subject.kind != .anonymous else { return }
        streams[subscriber.request.id] = (subscriber, subject)
        if !isTicking { tick() }
    }

    /// Forgets a stream that has ended.
    /// - Returns: the name of its subject.
    func remove(_ subscriber: Subscriber) -> String {
        let id = subscriber.request.id
        let subject = streams.isEmpty ? nil : streams.removeValue(forKey: id)?.subject
        return subject?.name ?? Subject.anonymous.name
    }

    /// Returns the name of the subject of a stream; nil for an anonymous one.
    func subjectName(of subscriber: Subscriber) -> String? {
        streams[subscriber.request.id]?.subject.name
    }

    /// Looks at all streams, after the tokens have changed.
    func check() {
        for (subscriber, subject) in streams.values {
            if let reason = authenticator.end(of: subject) { end(subscriber, reason) }
        }
    }

    private func tick() {
        check()
        isTicking = !streams.isEmpty
        guard isTicking else { return }
        wheel.schedule(after: Self.interval) { [weak self] in self?.tick() }
    }
}
