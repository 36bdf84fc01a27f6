public import Events

/// What a webhook is to send, and where: what a client can set.
public struct WebhookSettings: Sendable {
    /// A header field that is sent with each request. Its value may be a secret.
    public struct Field: Sendable {
        /// The name.
        public let name: String
        /// The value.
        public let value: String

        /// Makes a field.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The receiver: an http or https URL.
    public var url: String
    /// The events that were asked for.
    public var asked: EventFilter
    /// The only events that the subject which made or changed it may receive; nil allows every event.
    public var restriction: EventFilter?
    /// The form of a message.
    public var format: WebhookFormat
    /// A text for people.
    public var description: String?
    /// Further header fields.
    public var fields: [Field]

    /// Makes settings.
    public init(
        url: String, asked: EventFilter = .all, restriction: EventFilter? = nil,
        format: WebhookFormat = .standard, description: String? = nil, fields: [Field] = []
    ) {
        self.url = url
        self.asked = asked
        self.restriction = restriction
        self.format = format
        self.description = description
        self.fields = fields
    }

    /// The events that are sent: those that were asked for, within the restriction.
    public var filter: EventFilter { restriction.map(asked.intersection) ?? asked }
}

/// The form of a message.
public enum WebhookFormat: Int, Sendable, CaseIterable {
    /// One event, in the envelope that Standard Webhooks recommends.
    case standard = 1
    /// One event, as a structured CloudEvent.
    case cloudEvents = 2
    /// Up to 100 events, as a batch of CloudEvents.
    case cloudEventsBatch = 3

    /// The name in the interface.
    public var name: String {
        switch self {
        case .standard: "standard"
        case .cloudEvents: "cloudevents"
        case .cloudEventsBatch: "cloudevents-batch"
        }
    }
}

/// The keys that sign the messages of a webhook. Never shown and never logged after they were made.
public struct WebhookSecrets: Sendable {
    /// The key.
    public var current: [UInt8]
    /// The key before, while receivers may still expect it; nil when there is none.
    public var previous: [UInt8]?
    /// Until when the key before is used, microseconds since 1970.
    public var previousUntil: Int64

    /// Makes secrets.
    public init(current: [UInt8], previous: [UInt8]? = nil, previousUntil: Int64 = 0) {
        self.current = current
        self.previous = previous
        self.previousUntil = previousUntil
    }

    /// Returns the keys that sign at a time, the newest first.
    /// - Parameter now: microseconds since 1970.
    public func keys(at now: Int64) -> [[UInt8]] {
        guard let previous, now < previousUntil else { return [current] }
        return [current, previous]
    }
}

/// How far a webhook has come: a place in the event log, and the state of its retries.
public struct WebhookProgress: Sendable {
    /// An attempt that failed.
    public struct Failure: Sendable {
        /// When it ended, microseconds since 1970.
        public let at: Int64
        /// The status of the response; nil when there was none.
        public let status: Int?
        /// The reason, as a clause in lower case.
        public let reason: String

        /// Makes a failure.
        public init(at: Int64, status: Int?, reason: String) {
            self.at = at
            self.status = status
            self.reason = reason
        }
    }

    /// Whether events are sent.
    public var isEnabled = true
    /// Why they are not; nil while they are.
    public var disabledReason: String?
    /// The place after the newest event that was delivered, or that the filter does not match; nil:
    /// nothing before the tail (`WebhookState.tail`) is left to deliver.
    public var place: EventPlace?
    /// The attempts of the next message that failed.
    public var failures = 0
    /// When the next attempt is due, microseconds since 1970; nil: at once.
    public var nextAttemptAt: Int64?
    /// How many attempts there have been. The number of the last one.
    public var attempts: Int64 = 0
    /// When a message was delivered last, microseconds since 1970; nil when none was.
    public var lastSuccessAt: Int64?
    /// The last attempt that failed; nil when none did.
    public var lastFailure: Failure?

    /// The progress of a new webhook.
    public init() {}
}

/// A webhook as it is stored.
public struct StoredWebhook: Sendable {
    /// The number of its row, which is not used again.
    public let row: Int64
    /// The id for clients.
    public let id: String
    /// The identity of the subject that made it.
    public let owner: String
    /// When it was made, microseconds since 1970.
    public let createdAt: Int64
    /// What it sends, and where.
    public var settings: WebhookSettings
    /// The keys that sign.
    public var secrets: WebhookSecrets
    /// How far it has come.
    public var progress: WebhookProgress
}

/// A webhook to store.
public struct NewWebhook: Sendable {
    /// The id for clients.
    public let id: String
    /// The identity of the subject that makes it.
    public let owner: String
    /// What it sends, and where.
    public let settings: WebhookSettings
    /// The key that signs.
    public let secret: [UInt8]

    /// Makes a webhook to store.
    public init(id: String, owner: String, settings: WebhookSettings, secret: [UInt8]) {
        self.id = id
        self.owner = owner
        self.settings = settings
        self.secret = secret
    }
}
