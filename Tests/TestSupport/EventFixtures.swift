import Events

/// Makes an event of a fixed time, with an id of its own.
public func event(
    _ type: EventType = .recordPushed, _ resource: String = "baearei", labels: [String] = [],
    metadata: [Event.Metadatum] = []
) -> Event {
    var ids = EventIDSequence()
    var random = SystemRandomNumberGenerator()
    let time: Int64 = 1_760_797_395_123_456
    return Event(
        EventDraft(type, resource, labels: labels, metadata: metadata),
        id: ids.next(now: time, random: &random), timestamp: time)
}

/// Returns the JSON of an event as text.
public func text(_ event: Event) -> String { String(decoding: event.json(), as: UTF8.self) }
