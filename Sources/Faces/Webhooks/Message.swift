internal import Directory
internal import Events
internal import Text

/// What one request carries to a receiver.
struct Message {
    /// The kinds, as the list of deliveries names them.
    enum Kind {
        case events, gap, test

        /// The name.
        var name: String {
            switch self {
            case .events: "events"
            case .gap: "gap"
            case .test: "test"
            }
        }
    }

    let kind: Kind
    /// `webhook-id`: the same for each attempt of the same events.
    let id: String
    let contentType: String
    let body: [UInt8]
    /// The id of the first event; nil when there is none.
    var firstEvent: String?
    /// How many events it has.
    var count = 0
    /// How far the webhook is when the message was delivered.
    let through: EventPlace

    /// The most events of a batch, and the bytes that end it.
    static let batchLimit = 100
    private static let batchBytes = 1 << 20

    /// Makes the message of the next events: one, or of a batch as many as wait.
    /// - Parameter waiting: not empty.
    init?(_ waiting: some Sequence<SharedEvent>, _ format: WebhookFormat) {
        var iterator = waiting.makeIterator()
        guard let first = iterator.next() else { return nil }
        kind = .events
        firstEvent = first.event.id.description
        contentType = Self.contentType(format)
        switch format {
        case .standard, .cloudEvents:
            (id, count, through) = (first.event.id.description, 1, first.place)
            body = format == .standard ? first.standard : first.cloudEvent
        case .cloudEventsBatch:
            var (bytes, number, last) = ([UInt8(ascii: "[")], 1, first)
            bytes += first.cloudEvent
            while number < Self.batchLimit, bytes.count < Self.batchBytes,
                let next = iterator.next()
            {
                bytes.append(UInt8(ascii: ","))
                bytes += next.cloudEvent
                (number, last) = (number + 1, next)
            }
            bytes.append(UInt8(ascii: "]"))
            // The last event's: a batch that has grown before a retry is another message.
            (id, count, through) = (last.event.id.description, number, last.place)
            body = bytes
        }
    }

    private static func contentType(_ format: WebhookFormat) -> String {
        switch format {
        case .standard: "application/json"
        case .cloudEvents: "application/cloudevents+json; charset=utf-8"
        case .cloudEventsBatch: "application/cloudevents-batch+json; charset=utf-8"
        }
    }

    private init(
        _ kind: Kind, id: String, through: EventPlace, _ data: JSON, _ format: WebhookFormat,
        source: String, time: Int64
    ) {
        (self.kind, self.id, self.through) = (kind, id, through)
        contentType = Self.contentType(format)
        switch format {
        case .standard:
            body = Envelope.standard(type: kind.name, time: time, data: data.line)
        case .cloudEvents, .cloudEventsBatch:
            let event = Envelope.cloudEvent(
                id: id, type: kind.name, source: source, subject: "", time: time,
                data: data.line)
            body =
                format == .cloudEvents
                ? event : [UInt8(ascii: "[")] + event + [UInt8(ascii: "]")]
        }
    }

    /// Makes the message which tells that events were evicted before they could be sent.
    /// - Parameters:
    ///   - missed: how many events of the log; of these, those that match were to be sent.
    ///   - time: microseconds since 1970.
    static func gap(
        of webhook: StoredWebhook, missed: Int, from place: EventPlace, source: String, time: Int64
    ) -> Message {
        let through = place.advanced(by: missed)
        return Message(
            .gap, id: "gap_\(webhook.id)_\(place.position)_\(through.position)", through: through,
            ["webhook_id": .string(webhook.id), "missed_at_most": .number(missed)],
            webhook.settings.format, source: source, time: time)
    }

    /// Makes a message without an event, to try the receiver.
    /// - Parameter time: microseconds since 1970.
    static func test(of webhook: StoredWebhook, id: String, source: String, time: Int64) -> Message
    {
        Message(
            .test, id: "test_\(id)", through: .start,
            ["webhook_id": .string(webhook.id), "message": "a test of the webhook"],
            webhook.settings.format, source: source, time: time)
    }
}
