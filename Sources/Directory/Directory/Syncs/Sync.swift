/// The state of a sync. The numbers and names are upstream's (`agntcy.dir.store.v1.SyncStatus`).
public enum SyncState: Int, CaseIterable, Sendable {
    /// Accepted, and waiting.
    case pending = 1
    /// Running.
    case inProgress = 2
    /// Ended with an error. The copied records are kept.
    case failed = 3
    /// Cancelled by a client.
    case deleted = 5
    /// Ended without an error.
    case completed = 6

    /// The upstream name, such as `PENDING`.
    public var name: String {
        switch self {
        case .pending: "PENDING"
        case .inProgress: "IN_PROGRESS"
        case .failed: "FAILED"
        case .deleted: "DELETED"
        case .completed: "COMPLETED"
        }
    }

    /// Whether the sync has ended.
    public var isFinal: Bool { self != .pending && self != .inProgress }
}

/// The progress of a sync. At its end, `found` is the sum of `copied`, `present` and `failed`.
public struct SyncProgress: Sendable, Equatable {
    /// Records that the remote has.
    public var found = 0
    /// Records that this sync has copied.
    public var copied = 0
    /// Records that were stored already.
    public var present = 0
    /// Records that could not be copied.
    public var failed = 0
    /// Signatures that this sync has stored.
    public var signatures = 0
    /// Signatures that are not valid, and were not stored.
    public var signaturesRefused = 0

    /// Makes the progress of a sync that has not started.
    public init() {}
}

extension Int {
    /// Adds a number; stops at the largest value instead of overflowing, because a count in a store
    /// or from a remote can be any number.
    mutating func add(_ more: Int) {
        let (sum, overflow) = addingReportingOverflow(more)
        self = overflow ? (more > 0 ? .max : .min) : sum
    }
}

/// A job that copies the records of another Directory into this one.
public struct Sync: Sendable, Equatable {
    /// A UUID, version 4.
    public let id: String
    /// The address of the other Directory.
    public let remoteURL: String
    /// The requested records; empty for all that are published there.
    public let cids: [String]
    /// The state.
    public var state: SyncState
    /// The progress so far.
    public var progress: SyncProgress
    /// Whether the progress is known.
    public var hasProgress = true
    /// Why it failed, for an operator; nil unless it failed.
    public var error: String?
    /// When it was accepted, microseconds since 1970. 0, here and below: not known.
    public let createdAt: Int64
    /// The last change of its state, microseconds since 1970.
    public var updatedAt: Int64

    package init(
        id: String, remoteURL: String, cids: [String], state: SyncState,
        progress: SyncProgress, hasProgress: Bool = true, error: String?, createdAt: Int64,
        updatedAt: Int64
    ) {
        self.id = id
        self.remoteURL = remoteURL
        self.cids = cids
        self.state = state
        self.progress = progress
        self.hasProgress = hasProgress
        self.error = error
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// A page of syncs, newest first.
public struct SyncPage: Sendable {
    /// The syncs of the page.
    public let items: [Sync]
    /// The cursor of the next page; nil on the last page.
    public let next: String?

    package init(items: [Sync], next: String?) {
        self.items = items
        self.next = next
    }
}
