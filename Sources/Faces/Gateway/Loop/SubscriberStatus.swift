internal import EventHub
internal import Events
internal import HTTPServer
internal import HTTPTypes
internal import Text

/// A subscriber as `GET /subscribers` shows it.
struct SubscriberStatus: Sendable {
    let id: Int
    let json: JSON

    /// - Parameters:
    ///   - subject: the name of who subscribed; nil for an anonymous one.
    ///   - bufferSize: how many events its queue holds.
    ///   - now: microseconds since 1970.
    init(_ subscriber: Subscriber, subject: String?, bufferSize: Int, now: Int64) {
        let request = subscriber.request
        id = request.id
        var members: [(String, JSON)] = [
            ("id", .number(request.id)), ("address", .string(request.address)),
            ("user_agent", .string(request.userAgent)),
            ("since", .string(Timestamp.format(request.since))),
            ("age", .number(Int(max(0, now - request.since) / 1_000_000))),
            ("kind", .string(request.encoding.isGRPC ? "grpc" : "http")),
            ("format", .string(request.encoding.mediaType)), ("filter", request.filter.json),
            ("delivered", .number(subscriber.delivered)),
            ("rate", Self.thousandths(SubscriberKey.rate(of: subscriber, now: now))),
            ("dropped", .number(subscriber.dropped)), ("queued", .number(subscriber.queued)),
            ("buffer_size", .number(bufferSize)), ("replaying", .bool(subscriber.isReplaying)),
        ]
        if let subject { members.append(("subject", .string(subject))) }
        json = .object(members)
    }

    private static func thousandths(_ number: Int) -> JSON {
        let rest = number % 1000
        return .literal("\(number / 1000).\(rest / 100)\(rest / 10 % 10)\(rest % 10)")
    }
}

extension RequestHead {
    /// What the client calls itself, 256 bytes of it at most.
    var userAgent: String { (fields[.userAgent] ?? "").clipped(to: 256) }
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
