internal import Directory
internal import Events
internal import Text

/// Finds the webhooks that an event is for. Webhooks with the same filter are compared once, and those
/// that name cids are found by the event's resource. Belongs to the loop.
struct FilterIndex {
    private final class Group {
        let filter: EventFilter
        var hooks: [Hook] = []

        init(_ filter: EventFilter) { self.filter = filter }
    }

    private var groups: [EventFilter: Group] = [:]
    /// Those without cids.
    private var general: [ObjectIdentifier: Group] = [:]
    private var byResource: [ExactString: [Group]] = [:]

    /// Whether no event is for any webhook.
    var isEmpty: Bool { groups.isEmpty }

    mutating func insert(_ hook: Hook) {
        let filter = hook.webhook.settings.filter
        guard !filter.isNone else { return }
        if let group = groups[filter] { return group.hooks.append(hook) }
        let group = Group(filter)
        group.hooks.append(hook)
        groups[filter] = group
        if filter.cids.isEmpty { general[ObjectIdentifier(group)] = group }
        for cid in filter.cids { byResource[ExactString(cid), default: []].append(group) }
    }

    /// Removes a webhook, whose filter is as it was inserted.
    mutating func remove(_ hook: Hook) {
        let filter = hook.webhook.settings.filter
        guard let group = groups[filter] else { return }
        group.hooks.removeAll { $0 === hook }
        guard group.hooks.isEmpty else { return }
        groups[filter] = nil
        general[ObjectIdentifier(group)] = nil
        for cid in filter.cids {
            let key = ExactString(cid)
            byResource[key]?.removeAll { $0 === group }
            if byResource[key]?.isEmpty ?? false { byResource[key] = nil }
        }
    }

    /// Calls `body` with each webhook that the event is for.
    func forEach(matching event: Event, _ body: (Hook) -> Void) {
        let named = byResource[ExactString(event.resourceID)] ?? []
        for group in named where group.filter.matches(event) { group.hooks.forEach(body) }
        for group in general.values where group.filter.matches(event) { group.hooks.forEach(body) }
    }
}
