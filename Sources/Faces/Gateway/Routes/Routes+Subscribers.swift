internal import EventHub
internal import HTTPTypes
internal import Text

extension Routes {
    static let subscribers = [
        Route(.get, "/subscribers", "subscribers: filter, since when, delivered, dropped, queued") {
            loop, _ in
            var all: [SubscriberStatus] = []
            // The subscribers of a blocked loop are left out, because it cannot list them.
            for other in loop.context.allLoops where !other.isStalled {
                for part in 0..<Hub.partCount {
                    let deadline = ContinuousClock.now + .seconds(1)
                    all +=
                        await Deadline.result(by: deadline) {
                            await other.subscribers(ofPart: part)
                        } ?? []
                }
            }
            all.sort { $0.id < $1.id }
            return .json(["subscribers": .array(all.map(\.json))])
        }
    ]
}
