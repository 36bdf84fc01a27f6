internal import Gateway
internal import Logging

/// The log of the program, made from the settings.
struct Log {
    let writer = LogWriter()
    let threshold: LogThreshold
    let logger: Logger

    init(_ settings: Settings) {
        let threshold = LogThreshold(settings.logLevel)
        let format = settings.logFormat
        let writer = writer
        self.threshold = threshold
        logger = Logger(label: "gateway") { label in
            GatewayLogHandler(
                label: label, format: format, threshold: threshold, writer: writer, now: wallClock)
        }
    }
}
