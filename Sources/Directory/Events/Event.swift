internal import Text

/// Something that happened in the Directory.
public struct Event: Sendable, Equatable {
    /// Unique, and greater than that of every event published before.
    public let id: EventID
    public let type: EventType
    /// When it was published, microseconds since 1970 (UTC).
    public let timestamp: Int64
    /// The CID of a record, the id of a sync or the fingerprint of a key.
    public let resourceID: String
    /// The labels of the record, or none.
    public let labels: [String]
    /// What else there is to say, in the order in which it is written out.
    public let metadata: [Metadatum]

    /// A key and its value.
    public struct Metadatum: Sendable, Equatable {
        public let key: String
        public let value: String

        public init(_ key: String, _ value: String) {
            self.key = key
            self.value = value
        }

        /// Equality by bytes, which `String` does not give.
        public static func == (a: Metadatum, b: Metadatum) -> Bool {
            a.key.hasBytes(of: b.key) && a.value.hasBytes(of: b.value)
        }
    }

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

    public init(_ draft: EventDraft, id: EventID, timestamp: Int64) {
        self.id = id
        self.timestamp = timestamp
        type = draft.type
        resourceID = draft.resourceID
        labels = draft.labels
        metadata = draft.metadata
    }

    /// Equality by bytes, which `String` does not give.
    public static func == (a: Event, b: Event) -> Bool {
        a.id == b.id && a.timestamp == b.timestamp && a.draft == b.draft
    }

    package var draft: EventDraft {
        EventDraft(type, resourceID, labels: labels, metadata: metadata)
    }
}

/// An event before it is published: what an operation knows of it.
public struct EventDraft: Sendable, Equatable {
    public let type: EventType
    public let resourceID: String
    public let labels: [String]
    public let metadata: [Event.Metadatum]

    public init(
        _ type: EventType, _ resourceID: String, labels: [String] = [],
        metadata: [Event.Metadatum] = []
    ) {
        self.type = type
        self.resourceID = resourceID
        self.labels = labels
        self.metadata = metadata
    }

    /// Equality by bytes, which `String` does not give.
    public static func == (a: EventDraft, b: EventDraft) -> Bool {
        a.type == b.type && a.resourceID.hasBytes(of: b.resourceID)
            && a.labels.map(ExactString.init) == b.labels.map(ExactString.init)
            && a.metadata == b.metadata
    }
}

/// Where the Directory publishes its events.
public protocol EventSink: Sendable {
    /// Publishes events in their order. Called from one thread at a time, with ids that rise from
    /// call to call. Never blocks for long and never fails: an event that cannot be delivered must
    /// not undo the operation that it reports.
    func publish(_ events: [Event])

    /// Waits until there is room for more events, but not for long. Blocks the thread.
    func waitForRoom()

    /// Waits until the subscribers that keep reading have what was emitted, but not for long. For
    /// whoever has many events to emit.
    func pace() async

    /// How many events to emit before the next `pace()`.
    var burst: Int { get }
}

extension EventSink {
    public func waitForRoom() {}
    public func pace() async {}
    public var burst: Int { 256 }
}
