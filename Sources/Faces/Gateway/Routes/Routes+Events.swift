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

    static let events = [
        Route(.get, "/events", "the stream of events", parameters: filters) { loop, request in
            .events(try loop.subscription(request))
        },
        // At once and without a subscription: a HEAD that streamed would never end.
        Route(.head, "/events", "the header of the stream", parameters: filters) { loop, request in
            let subscription = try loop.subscription(request)
            let fields = GatewayLoop.streamFields(
                subscription.encoding, heartbeat: loop.context.settings.heartbeatSeconds)
            return .response(Response(status: .ok, fields: fields))
        },
    ]
}

extension GatewayLoop {
    fileprivate func subscription(_ request: Request) throws -> RouteResponse.Subscription {
        let filter = try filter(request.query)
        let offers = EventEncoding.allCases
        let types = offers.map(\.mediaType)
        guard let type = MediaType.choose(types, accept: request.head.fields[.accept]),
            let encoding = offers.first(where: { type.hasBytes(of: $0.mediaType) })
        else { throw Problem.notAcceptable(types) }
        return RouteResponse.Subscription(
            filter: filter, encoding: encoding,
            refusal: context.isDraining ? .draining : request.refusal)
    }

    private func filter(_ query: Query) throws(Problem) -> EventFilter {
        do {
            return try EventFilter(
                types: query.values("types"), labels: query.values("labels"),
                cids: query.values("cids"), limit: context.settings.filterItemLimit)
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
