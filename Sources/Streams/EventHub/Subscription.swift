internal import Events

/// What the subscribers of one delivery group asked for. They share it, because there are many of
/// them and each idle one costs memory. Belongs to the hub's loop.
final class Subscription {
    let filter: EventFilter
    let encoding: EventEncoding
    /// The number of the filter in the hub's index, as long as the group has subscribers.
    let id: SubscriptionIndex.FilterID
    unowned let hub: Hub

    init(_ request: Subscriber.Request, id: SubscriptionIndex.FilterID, hub: Hub) {
        filter = request.filter
        encoding = request.encoding
        self.id = id
        self.hub = hub
    }
}
