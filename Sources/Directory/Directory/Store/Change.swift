internal import Events
internal import GRDB

/// A change of the store, as a value: what is to be done, with its inputs. The one writer applies
/// changes in their order.
///
/// The outcome depends on the inputs and the store alone, and on no clock, random number or file. So
/// the same changes in the same order make the same rows, results and drafts of events in every
/// store that begins alike.
protocol Change: Sendable {
    /// The result for the caller.
    associatedtype Output: Sendable

    /// Makes the change. Inside a transaction.
    /// - Throws: `DirectoryError` when the change is refused: before it has changed anything, so that
    ///   others share its commit.
    func apply(to database: Database) throws -> Applied<Output>
}

/// The result of a change, and the events to publish once it is durable.
struct Applied<T: Sendable>: Sendable {
    let result: T
    let events: [EventDraft]
    /// Events that are too many to hold at once; they are published after `events`.
    var bulk: BulkEvents?
}

extension Store {
    /// Applies a change; returns when it is durable and its events are published.
    /// - Throws: the error of the change, or `DirectoryError.storeUnavailable`.
    func apply<C: Change>(_ change: C) async throws(DirectoryError) -> C.Output {
        try await write { try change.apply(to: $0) }
    }
}
