internal import EventHub
internal import Events

/// A subscriber as `GET /subscribers` shows it.
struct SubscriberStatus: Sendable {
    let id: Int
    let json: JSON

    init(_ subscriber: Subscriber) {
        let request = subscriber.request
        id = request.id
        json = .object([
            ("id", .number(request.id)),
            ("address", .string(request.address)),
            ("since", .string(Timestamp.format(request.since))),
            ("format", .string(request.encoding.contentType)),
            ("filter", request.filter.json),
            ("delivered", .number(subscriber.delivered)),
            ("dropped", .number(subscriber.dropped)),
            ("queued", .number(subscriber.queued)),
        ])
    }
}

extension EventFilter {
    /// The filter as a JSON object; kinds without items are left out.
    var json: JSON {
        var members: [(String, JSON)] = []
        if let types { members.append(("types", .strings(types.types.map(\.shortName)))) }
        if !labels.isEmpty { members.append(("labels", .strings(labels))) }
        if !cids.isEmpty { members.append(("cids", .strings(cids))) }
        return .object(members)
    }

    /// For the log: the beginning, however long the filter is.
    var summary: String {
        let text = String(decoding: json.line, as: UTF8.self)
        return text.count > 200 ? text.prefix(200) + "…" : text
    }
}
