internal import EventHub
internal import Events
internal import HTTPServer
internal import HTTPTypes
internal import Text

extension Routes {
    private static let filters = [
        (name: "types", meaning: "event types, short or long names, comma-separated"),
        (name: "labels", meaning: "substrings of labels, comma-separated"),
        (name: "cids", meaning: "record cids, sync ids or key fingerprints, comma-separated"),
    ]

    /// - Parameter filterItemLimit: the most filter items of one subscription.
    static func events(filterItemLimit: Int, fields: StreamFields) -> [Route] {
        [
            Route(
                .get, "/events", "the stream of events", admission: .stream, parameters: filters
            ) { request in
                .events(try RouteResponse.Subscription(request, itemLimit: filterItemLimit))
            },
            // At once and without a subscription: a HEAD that streamed would never end.
            Route(
                .head, "/events", "the header of the stream", admission: .stream,
                parameters: filters
            ) { request in
                let subscription = try RouteResponse.Subscription(
                    request, itemLimit: filterItemLimit)
                return .response(
                    Response(status: .ok, fields: fields.fields(subscription.encoding)))
            },
        ]
    }
}

extension RouteResponse.Subscription {
    fileprivate init(_ request: Request, itemLimit: Int) throws {
        let filter = try EventFilter(request.query, itemLimit: itemLimit)
        let offers = EventEncoding.offered
        let types = offers.map(\.mediaType)
        guard let type = MediaType.choose(types, accept: request.head.fields[.accept]),
            let encoding = offers.first(where: { type.hasBytes(of: $0.mediaType) })
        else { throw Problem.notAcceptable(types) }
        self.init(filter: filter, encoding: encoding)
    }
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
