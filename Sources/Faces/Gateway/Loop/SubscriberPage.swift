internal import EventHub

/// Which subscribers to list.
struct SubscriberListing: Sendable {
    var order = SubscriberOrder.id
    var isDescending = false
    /// The most subscribers, at least 1.
    var limit = 100
    /// The value and the number of the last subscriber of the previous page.
    var after: (value: Int, id: Int)?
}

/// A page of the subscribers of all loops.
struct SubscriberPage: Sendable {
    var subscribers: [SubscriberStatus] = []
    /// How many subscribers there are.
    var total = 0
    /// For `SubscriberListing.after`; nil on the last page.
    var next: (value: Int, id: Int)?
}

extension LoopGroup {
    /// Returns a page of the subscribers. Those of a blocked loop are left out, because it cannot list
    /// them. Each loop looks at a sixteenth of its subscribers in one turn, and describes only those
    /// of the page.
    func subscribers(_ listing: SubscriberListing) async -> SubscriberPage {
        let loops = all
        var keys: [SubscriberKey] = []
        for (index, loop) in loops.enumerated() {
            for part in 0..<Hub.partCount {
                let found = await ask(loop, or: []) {
                    await loop.keys(ofPart: part, by: listing.order)
                }
                keys += await Self.keys(found, of: index)
            }
        }
        let total = keys.count
        let (chosen, hasMore) = await Self.choose(keys, listing)
        var statuses: [Int: SubscriberStatus] = [:]
        var wanted: [[Set<Int>]] = loops.map { _ in .init(repeating: [], count: Hub.partCount) }
        for key in chosen { wanted[key.loop][key.part].insert(key.id) }
        for (index, parts) in wanted.enumerated() {
            let loop = loops[index]
            for (part, ids) in parts.enumerated() where !ids.isEmpty {
                let found = await ask(loop, or: []) {
                    await loop.subscribers(ofPart: part, ids)
                }
                for status in found { statuses[status.id] = status }
            }
        }
        // One that has left meanwhile is not in the page.
        var page = SubscriberPage(subscribers: chosen.compactMap { statuses[$0.id] }, total: total)
        if hasMore, let last = chosen.last { page.next = (last.value, last.id) }
        return page
    }

    /// Ends the stream of a subscriber with a `goodbye`.
    /// - Returns: false when no loop has a subscriber of this number.
    func disconnect(_ id: Int) async -> Bool {
        for loop in all {
            if await ask(loop, or: false, { await loop.disconnect(id) }) { return true }
        }
        return false
    }

    /// Asks a loop, unless it is blocked.
    private func ask<T: Sendable>(
        _ loop: GatewayLoop, or fallback: T, _ question: @escaping @Sendable () async -> T
    ) async -> T {
        guard !loop.isStalled else { return fallback }
        let deadline = ContinuousClock.now + .seconds(1)
        return await Deadline.result(by: deadline, question) ?? fallback
    }

    /// Adds the index of their loop to keys, on another thread than the loop's.
    @concurrent
    private static func keys(_ keys: [SubscriberKey], of loop: Int) async -> [SubscriberKey] {
        keys.map { key in
            var key = key
            key.loop = loop
            return key
        }
    }

    /// Sorts the keys, on another thread than the loop's, and takes those of the page.
    @concurrent
    private static func choose(_ keys: [SubscriberKey], _ listing: SubscriberListing) async -> (
        [SubscriberKey], hasMore: Bool
    ) {
        var rest = keys
        if let after = listing.after {
            rest = rest.filter { key in
                let place = (after.value, after.id)
                return listing.isDescending
                    ? (key.value, key.id) < place : (key.value, key.id) > place
            }
        }
        rest.sort()
        if listing.isDescending { rest.reverse() }
        return (Array(rest.prefix(listing.limit)), rest.count > listing.limit)
    }
}
