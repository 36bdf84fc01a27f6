internal import Text

/// The type of an event. The numbers and names are upstream's (`agntcy.dir.events.v1.EventType`).
public enum EventType: Int, CaseIterable, Sendable {
    case recordPushed = 1
    case recordPulled
    case recordDeleted
    case recordPublished
    case recordUnpublished
    case syncCreated
    case syncCompleted
    case syncFailed
    case recordSigned
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
