internal import EventHub
internal import Events
internal import Text

/// A subscriber as `GET /subscribers` shows it.
struct SubscriberStatus: Sendable {
    let id: Int
    let json: JSON

    init(_ subscriber: Subscriber) {
        let request = subscriber.request
        id = request.id
        json = [
            "id": .number(request.id), "address": .string(request.address),
            "since": .string(Timestamp.format(request.since)),
            "kind": .string(request.encoding.isGRPC ? "grpc" : "http"),
            "format": .string(request.encoding.mediaType), "filter": request.filter.json,
            "delivered": .number(subscriber.delivered), "dropped": .number(subscriber.dropped),
            "queued": .number(subscriber.queued),
        ]
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

    /// The beginning of the filter, for the log.
    var summary: String { String(decoding: json.line, as: UTF8.self).clipped(to: 200) }
}
