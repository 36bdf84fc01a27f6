internal import Events

/// The result of a change, and the events to publish once it is durable.
struct Change<T: Sendable>: Sendable {
    let result: T
    let events: [EventDraft]
    /// Events that are too many to hold at once; they are published after `events`.
    var bulk: BulkEvents?
}
