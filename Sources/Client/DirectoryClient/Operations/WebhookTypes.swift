internal import FoundationEssentials

/// A webhook to make.
public struct WebhookDraft: Sendable, Encodable {
    /// The receiver: http or https.
    public var url: String
    /// Event types; nil for all.
    public var types: [String]?
    /// Substrings of labels; nil for all.
    public var labels: [String]?
    /// Values of `resource_id`; nil for all.
    public var cids: [String]?
    /// `standard`, `cloudevents` or `cloudevents-batch`; nil for `standard`.
    public var format: String?
    /// A text for people.
    public var description: String?
    /// Further header fields of each request. The gateway does not show their values again.
    public var headers: [String: String]?

    /// Makes a draft.
    public init(url: String) { self.url = url }
}

/// Where a replay begins.
public enum WebhookReplay: Sendable, Encodable {
    /// At a time (RFC 3339), or so long ago (`10m`).
    case since(String)
    /// After the event with this id.
    case after(String)
    /// With the first event of the attempt with this number.
    case delivery(Int)

    private enum CodingKeys: CodingKey { case since, after, delivery }

    /// Encodes the member that the gateway expects.
    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .since(let text): try members.encode(text, forKey: .since)
        case .after(let id): try members.encode(id, forKey: .after)
        case .delivery(let number): try members.encode(number, forKey: .delivery)
        }
    }
}

/// A new secret of a webhook.
public struct WebhookSecret: Sendable, Codable {
    /// The secret, `whsec_…`.
    public let secret: String
    /// Until when messages are signed with the one before too (RFC 3339).
    public let previousUntil: String

    private enum CodingKeys: String, CodingKey {
        case secret
        case previousUntil = "previous_secret_until"
    }
}

/// A webhook, and how far it is behind.
public struct WebhookInfo: Sendable, Codable {
    /// The id.
    public let id: String
    /// The receiver.
    public let url: String
    /// The form of a message.
    public let format: String
    /// `enabled`, `retrying` or `disabled`.
    public let state: String
    /// Why it is disabled; nil unless it is.
    public let disabledReason: String?
    /// A text for people.
    public let description: String?
    /// Event types; nil for all.
    public let types: [String]?
    /// Substrings of labels; nil for all.
    public let labels: [String]?
    /// Values of `resource_id`; nil for all.
    public let cids: [String]?
    /// When it was made (RFC 3339).
    public let createdAt: String
    /// Events of the log after the newest that was delivered.
    public let lagEvents: Int
    /// Age of the oldest event that is left, in seconds; nil when it is not known.
    public let lagSeconds: Double?
    /// When a message was delivered last (RFC 3339); nil when none was.
    public let lastSuccessAt: String?
    /// The last attempt that failed; nil when none did.
    public let lastFailure: Failure?
    /// When the next attempt is due (RFC 3339); nil unless it is retrying.
    public let nextAttemptAt: String?
    /// The secret, `whsec_…`; only when it was just made.
    public let secret: String?
    /// Why not all events of a replay can be sent; nil when they can.
    public let reset: Reset?

    /// An attempt that failed.
    public struct Failure: Sendable, Codable {
        /// When it ended (RFC 3339).
        public let at: String
        /// The status of the response; nil when there was none.
        public let status: Int?
        /// The reason.
        public let reason: String
    }

    /// Why the log does not have all events.
    public struct Reset: Sendable, Codable {
        /// The reason, such as `evicted`.
        public let cause: String
    }

    private enum CodingKeys: String, CodingKey {
        case id, url, format, state, description, types, labels, cids, secret, reset
        case disabledReason = "disabled_reason"
        case createdAt = "created_at"
        case lagEvents = "lag_events"
        case lagSeconds = "lag_seconds"
        case lastSuccessAt = "last_success_at"
        case lastFailure = "last_failure"
        case nextAttemptAt = "next_attempt_at"
    }
}

/// An attempt to deliver a message.
public struct WebhookAttempt: Sendable, Codable {
    /// Its number among those of the webhook.
    public let number: Int
    /// The id of the message, `webhook-id`.
    public let messageID: String
    /// `events`, `gap` or `test`.
    public let kind: String
    /// How many events the message has.
    public let events: Int
    /// How often the message has been tried.
    public let attempt: Int
    /// When it began (RFC 3339).
    public let at: String
    /// How long it took, in seconds.
    public let duration: Double
    /// `succeeded` or `failed`.
    public let state: String
    /// The id of the first event; nil when there is none.
    public let firstEventID: String?
    /// The status of the response; nil when there was none.
    public let status: Int?
    /// Why it failed; nil when it did not.
    public let reason: String?
    /// The first 4 KiB of the response.
    public let response: String

    private enum CodingKeys: String, CodingKey {
        case number, kind, events, attempt, at, state, status, reason, response
        case messageID = "webhook_message_id"
        case duration = "duration_seconds"
        case firstEventID = "first_event_id"
    }
}
