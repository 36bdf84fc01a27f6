/// How far a sync is. The numbers and names are upstream's (`agntcy.dir.store.v1.SyncStatus`).
public enum SyncState: Int, CaseIterable, Sendable {
    /// Accepted; waits for its turn.
    case pending = 1
    case inProgress = 2
    /// Ended badly; what it had copied by then stays.
    case failed = 3
    /// Cancelled by a client.
    case deleted = 5
    case completed = 6

    /// `PENDING`, as upstream writes it.
    public var name: String {
        switch self {
        case .pending: "PENDING"
        case .inProgress: "IN_PROGRESS"
        case .failed: "FAILED"
        case .deleted: "DELETED"
        case .completed: "COMPLETED"
        }
    }

    /// Whether nothing will change any more.
    public var isFinal: Bool { self != .pending && self != .inProgress }
}

/// What a sync has done so far. When it is over, `found` is the sum of the other three.
public struct SyncProgress: Sendable, Equatable {
    /// Records that the remote has for us.
    public var found = 0
    /// Records that are here because of this sync.
    public var copied = 0
    /// Records that were here already.
    public var present = 0
    /// Records that could not be copied.
    public var failed = 0
    /// Signatures that were stored.
    public var signatures = 0
    /// Signatures that are not what they say, and were left.
    public var signaturesRefused = 0

    public init() {}
}

extension Int {
    /// Adds and stays at the largest number instead of overflowing: a count in a store or from a
    /// remote can be any number.
    mutating func add(_ more: Int) {
        let (sum, overflow) = addingReportingOverflow(more)
        self = overflow ? (more > 0 ? .max : .min) : sum
    }
}

/// A copying of another Directory's records into this one.
public struct Sync: Sendable, Equatable {
    /// A UUID, version 4.
    public let id: String
    public let remoteURL: String
    /// The records that were asked for; empty for all that are published there.
    public let cids: [String]
    public var state: SyncState
    public var progress: SyncProgress
    /// Why it failed, for an operator.
    public var error: String?
    /// Microseconds since 1970.
    public let createdAt: Int64
    /// When the state changed last, microseconds since 1970.
    public var updatedAt: Int64
}

/// A page of syncs, newest first.
public struct SyncPage: Sendable {
    public let items: [Sync]
    /// For `SyncListing.after`; nil on the last page.
    public let next: String?
}
