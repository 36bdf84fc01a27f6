import Logging

/// A log handler that gives each line to a closure, with the metadata of its logger.
struct ClosureLogHandler: LogHandler {
    var logLevel = Logger.Level.trace
    var metadata = Logger.Metadata()
    private let receive: @Sendable (LogEvent, Logger.Metadata) -> Void

    init(_ receive: @escaping @Sendable (LogEvent, Logger.Metadata) -> Void) {
        self.receive = receive
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { receive(event, metadata) }
}
