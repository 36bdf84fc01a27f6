internal import Text

/// Something that happened in the Directory.
public struct Event: Sendable, Equatable {
    /// Unique, and greater than the id of every event published before.
    public let id: EventID
    /// The type.
    public let type: EventType
    /// When it was published, microseconds since 1970 (UTC).
    public let timestamp: Int64
    /// The CID of a record, the id of a sync, or the fingerprint of a key.
    public let resourceID: String
    /// The labels of the record; empty for other resources.
    public let labels: [String]
    /// Further information, in the order in which it is written.
    public let metadata: [Metadatum]

    /// A key and its value.
    public struct Metadatum: Sendable, Equatable {
        /// The key.
        public let key: String
        /// The value.
        public let value: String

        /// Makes an entry.
        public init(_ key: String, _ value: String) {
            self.key = key
            self.value = value
        }

        /// Returns whether both have the same bytes; `String` would compare characters.
        public static func == (a: Metadatum, b: Metadatum) -> Bool {
            a.key.hasBytes(of: b.key) && a.value.hasBytes(of: b.value)
        }
    }

    /// Makes an event.
    /// - Parameter timestamp: microseconds since 1970.
    public init(
        id: EventID, type: EventType, timestamp: Int64, resourceID: String, labels: [String] = [],
        metadata: [Metadatum] = []
    ) {
        self.id = id
        self.type = type
        self.timestamp = timestamp
        self.resourceID = resourceID
        self.labels = labels
        self.metadata = metadata
    }

    /// Makes an event from its draft.
    /// - Parameter timestamp: microseconds since 1970.
    public init(_ draft: EventDraft, id: EventID, timestamp: Int64) {
        self.id = id
        self.timestamp = timestamp
        type = draft.type
        resourceID = draft.resourceID
        labels = draft.labels
        metadata = draft.metadata
    }

    /// Returns whether both have the same bytes; `String` would compare characters.
    public static func == (a: Event, b: Event) -> Bool {
        a.id == b.id && a.timestamp == b.timestamp && a.draft == b.draft
    }

    package var draft: EventDraft {
        EventDraft(type, resourceID, labels: labels, metadata: metadata)
    }
}

/// An event before it is published: without id and timestamp.
public struct EventDraft: Sendable, Equatable {
    /// The type.
    public let type: EventType
    /// The CID of a record, the id of a sync, or the fingerprint of a key.
    public let resourceID: String
    /// The labels of the record; empty for other resources.
    public let labels: [String]
    /// Further information, in the order in which it is written.
    public let metadata: [Event.Metadatum]

    /// Makes a draft.
    public init(
        _ type: EventType, _ resourceID: String, labels: [String] = [],
        metadata: [Event.Metadatum] = []
    ) {
        self.type = type
        self.resourceID = resourceID
        self.labels = labels
        self.metadata = metadata
    }

    /// Returns whether both have the same bytes; `String` would compare characters.
    public static func == (a: EventDraft, b: EventDraft) -> Bool {
        a.type == b.type && a.resourceID.hasBytes(of: b.resourceID)
            && a.labels.map(ExactString.init) == b.labels.map(ExactString.init)
            && a.metadata == b.metadata
    }
}

/// The receiver of the Directory's events.
public protocol EventSink: Sendable {
    /// Publishes events in their order. Called from one thread at a time, with ids that rise from
    /// call to call. Never blocks for long and never fails: an event that cannot be delivered must
    /// not undo the operation that it reports.
    func publish(_ events: [Event])

    /// Publishes events that are in an event log, as `publish(_:)` does.
    /// - Parameter place: the place after the first of them; each following event is one further. nil
    ///   when there is no log.
    func publish(_ events: [Event], at place: EventPlace?)

    /// Waits until there is room for more events, for a limited time. Blocks the thread.
    func waitForRoom()

    /// Waits until the subscribers that read have received the emitted events, for a limited time.
    /// For operations that emit many events.
    func pace() async

    /// The number of events to emit before the next `pace()`.
    var burst: Int { get }
}

extension EventSink {
    /// Publishes events without their place.
    public func publish(_ events: [Event], at place: EventPlace?) { publish(events) }
    /// Does not wait.
    public func waitForRoom() {}
    /// Does not wait.
    public func pace() async {}
    /// 256 events.
    public var burst: Int { 256 }
}
