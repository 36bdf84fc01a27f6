internal import Events
internal import Text

/// An event of the log that waits for one or many webhooks, with its encodings: each is made once.
/// Belongs to the loop.
final class SharedEvent {
    let event: Event
    let place: EventPlace
    private let source: String
    private var json: [UInt8]?
    private var standardBody: [UInt8]?
    private var cloudEventBody: [UInt8]?

    /// - Parameter source: where events come from, for CloudEvents.
    init(_ logged: LoggedEvent, source: String) {
        event = logged.event
        place = logged.place
        self.source = source
    }

    /// The envelope of Standard Webhooks.
    var standard: [UInt8] {
        if let standardBody { return standardBody }
        let body = Envelope.standard(
            type: event.type.shortName, time: event.timestamp, data: encoded)
        standardBody = body
        return body
    }

    /// A structured CloudEvent.
    var cloudEvent: [UInt8] {
        if let cloudEventBody { return cloudEventBody }
        let body = Envelope.cloudEvent(
            id: event.id.description, type: "event.\(event.type.shortName)", source: source,
            subject: event.resourceID, time: event.timestamp, data: encoded)
        cloudEventBody = body
        return body
    }

    private var encoded: [UInt8] {
        if let json { return json }
        let bytes = event.json()
        json = bytes
        return bytes
    }
}

/// The forms of a message's body.
enum Envelope {
    /// The payload that Standard Webhooks recommends: type, timestamp, data.
    /// - Parameters:
    ///   - time: microseconds since 1970.
    ///   - data: JSON.
    static func standard(type: String, time: Int64, data: [UInt8]) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(data.count + 96)
        body += "{\"type\":".utf8
        JSONText.append(type, to: &body)
        body += ",\"timestamp\":\"\(Timestamp.format(time))\",\"data\":".utf8
        body += data
        body.append(UInt8(ascii: "}"))
        return body
    }

    /// A CloudEvent 1.0 in its JSON format.
    /// - Parameters:
    ///   - type: what follows `org.agntcy.dir.`.
    ///   - subject: left out if it is empty.
    ///   - time: microseconds since 1970.
    ///   - data: JSON.
    static func cloudEvent(
        id: String, type: String, source: String, subject: String, time: Int64, data: [UInt8]
    ) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(data.count + 256)
        body += "{\"specversion\":\"1.0\",\"id\":".utf8
        JSONText.append(id, to: &body)
        body += ",\"source\":".utf8
        JSONText.append(source, to: &body)
        body += ",\"type\":".utf8
        JSONText.append("org.agntcy.dir.\(type)", to: &body)
        if !subject.utf8.isEmpty {
            body += ",\"subject\":".utf8
            JSONText.append(subject, to: &body)
        }
        body += ",\"time\":\"\(Timestamp.format(time))\"".utf8
        body += ",\"datacontenttype\":\"application/json\",\"data\":".utf8
        body += data
        body.append(UInt8(ascii: "}"))
        return body
    }
}
