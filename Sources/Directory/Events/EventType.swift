internal import Text

/// The type of an event. The numbers and names are upstream's (`agntcy.dir.events.v1.EventType`).
public enum EventType: Int, CaseIterable, Sendable {
    /// A record was stored, also when it was stored already.
    case recordPushed = 1
    /// A client read the content of a record.
    case recordPulled
    /// A record was deleted, also when it was not stored.
    case recordDeleted
    /// A record was published, also when it was published already.
    case recordPublished
    /// The publication of a record was withdrawn.
    case recordUnpublished
    /// A sync was accepted.
    case syncCreated
    /// A sync ended without an error.
    case syncCompleted
    /// A sync ended with an error.
    case syncFailed
    /// A signature was stored.
    case recordSigned
    /// A public key was stored for a record.
    case publicKeyUploaded

    private static let prefix = "EVENT_TYPE_"

    /// The short name, as in SSE's `event:` line: `RECORD_PUSHED`.
    public var shortName: String {
        switch self {
        case .recordPushed: "RECORD_PUSHED"
        case .recordPulled: "RECORD_PULLED"
        case .recordDeleted: "RECORD_DELETED"
        case .recordPublished: "RECORD_PUBLISHED"
        case .recordUnpublished: "RECORD_UNPUBLISHED"
        case .syncCreated: "SYNC_CREATED"
        case .syncCompleted: "SYNC_COMPLETED"
        case .syncFailed: "SYNC_FAILED"
        case .recordSigned: "RECORD_SIGNED"
        case .publicKeyUploaded: "PUBLIC_KEY_UPLOADED"
        }
    }

    /// The long name, as in JSON: `EVENT_TYPE_RECORD_PUSHED`.
    public var longName: String { Self.prefix + shortName }

    /// Reads the short or the long name, in this case only, as upstream.
    public init?(name: String) {
        let isLong = name.hasBytePrefix(Self.prefix)
        let found = Self.allCases.first { name.hasBytes(of: isLong ? $0.longName : $0.shortName) }
        guard let found else { return nil }
        self = found
    }
}
