internal import Authentication
internal import EventHub
internal import Events
internal import HTTPServer
internal import HTTPTypes
internal import Text

extension Routes {
    static let filters = [
        (name: "types", meaning: "event types, short or long names, comma-separated"),
        (name: "labels", meaning: "substrings of labels, comma-separated"),
        (name: "cids", meaning: "record cids, sync ids or key fingerprints, comma-separated"),
    ]
    private static let streams =
        filters + [
            (name: "last_event_id", meaning: "the id of the last event that the client has"),
            (name: "since", meaning: "a time (RFC 3339), or how long ago, such as 10m"),
        ]

    /// - Parameter filterItemLimit: the most filter items of one subscription.
    static func events(filterItemLimit: Int, fields: StreamFields, past: PastQuery) -> [Route] {
        [
            Route(
                .get, "/events", "the stream of events", scope: .readEvents, admission: .stream,
                parameters: streams
            ) { request in
                var subscription = try RouteResponse.Subscription(
                    request, itemLimit: filterItemLimit)
                subscription.past = try await past.start(request)
                return .events(subscription)
            },
            // At once and without a subscription: a HEAD that streamed would never end.
            Route(
                .head, "/events", "the header of the stream", scope: .readEvents,
                admission: .stream,
                parameters: streams
            ) { request in
                let subscription = try RouteResponse.Subscription(
                    request, itemLimit: filterItemLimit)
                _ = try await past.start(request)
                return .response(
                    Response(status: .ok, fields: fields.fields(subscription.encoding)))
            },
        ]
    }
}

extension RouteResponse.Subscription {
    fileprivate init(_ request: Request, itemLimit: Int) throws {
        let filter =
            request.query.isEmpty
            ? .all : try EventFilter(request.query, itemLimit: itemLimit)
        guard let type = MediaType.choose(Self.types, accept: request.head.field(.accept)),
            let encoding = EventEncoding.offered.first(where: { type.hasBytes(of: $0.mediaType) })
        else { throw Problem.notAcceptable(Self.types) }
        self.init(
            filter: request.subject.filter(filter), encoding: encoding, subject: request.subject)
    }

    private static let types = EventEncoding.offered.map(\.mediaType)
}

extension EventFilter {
    /// Reads the filter of a request.
    init(_ query: Query, itemLimit: Int) throws(Problem) {
        do {
            try self.init(
                types: query.values("types"), labels: query.values("labels"),
                cids: query.values("cids"), limit: itemLimit)
        } catch {
            switch error {
            case .unknownType(let name):
                let known = EventType.allCases.map(\.shortName)
                let hint = nearest(to: name, in: known).map { ", did you mean '\($0)'?" } ?? "."
                throw .invalid(
                    "Unknown event type '\(name.clipped(to: 64))'\(hint)",
                    remedy: "Allowed types: \(known.joined(separator: ", ")).")
            case .tooManyItems(let limit):
                throw .invalid(
                    "The filter has more than \(limit) items.",
                    remedy: "Open several streams, or raise limits.filter_items.")
            case .tooLongLabel(let limit):
                throw .invalid(
                    "A label of the filter is longer than \(limit) bytes.",
                    remedy: "Use a shorter part of the label.")
            }
        }
    }
}
