package import Events

/// The ids of the last events, so that an event that arrives twice is passed on once: of two streams
/// that overlap, or from an upstream that repeats itself.
package struct RecentIDs {
    private let limit: Int
    private var ids: Set<EventID> = []
    private var order: [EventID] = []
    private var oldest = 0

    /// Makes an empty memory.
    /// - Parameter limit: how many ids are remembered.
    package init(limit: Int = 4096) { self.limit = max(1, limit) }

    /// Remembers an id.
    /// - Returns: false when it is remembered already.
    package mutating func insert(_ id: EventID) -> Bool {
        guard ids.insert(id).inserted else { return false }
        if order.count < limit {
            order.append(id)
        } else {
            ids.remove(order[oldest])
            order[oldest] = id
            oldest = (oldest + 1) % limit
        }
        return true
    }
}
