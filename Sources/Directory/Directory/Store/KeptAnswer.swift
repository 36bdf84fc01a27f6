internal import GRDB
internal import Synchronization

/// An answer that the change of an operation stores in its own commit, so that no end of the process
/// falls between the two. The change finds it in the task that makes it.
final class KeptAnswer: Sendable {
    /// The answer of the operation that this task carries out; nil when there is none.
    @TaskLocal static var current: KeptAnswer?

    private let insert: @Sendable (any Sendable, Database) throws -> Bool
    private let isStored = Atomic(false)

    /// - Parameter insert: stores the answer to the result of a change; returns false for a change
    ///   of another kind, which has no part in the answer.
    init(insert: @escaping @Sendable (any Sendable, Database) throws -> Bool) {
        self.insert = insert
    }

    /// Whether the answer is durable.
    var isDurable: Bool { isStored.load(ordering: .acquiring) }

    /// Stores the answer to the result of a change, inside its transaction.
    /// - Returns: whether it did.
    func store(_ result: any Sendable, _ database: Database) throws -> Bool {
        try insert(result, database)
    }

    /// Records that the commit with the answer is durable.
    func recordCommit() { isStored.store(true, ordering: .releasing) }
}
