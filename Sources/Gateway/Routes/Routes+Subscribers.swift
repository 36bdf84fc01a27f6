internal import HTTPTypes
internal import Text

extension Routes {
    static let subscribers = [
        Route(.get, "/subscribers", "who listens: filters, since when, delivered, dropped, queued")
        {
            loop, _ in
            var all: [SubscriberStatus] = []
            for other in loop.context.allLoops { all += await other.listeners() }
            all.sort { $0.id < $1.id }
            return .json(.object([("subscribers", .array(all.map(\.json)))]))
        }
    ]
}
