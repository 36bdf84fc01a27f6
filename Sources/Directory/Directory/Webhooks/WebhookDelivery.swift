/// An attempt to deliver a message, as the list of deliveries shows it.
public struct WebhookDelivery: Sendable {
    /// The number of the attempt among those of its webhook, from 1.
    public let number: Int64
    /// The id of the message.
    public let messageID: String
    /// The id of the first event of the message; nil when it has no event.
    public let firstEvent: String?
    /// `events`, `gap` or `test`.
    public let kind: String
    /// How many events the message has.
    public let events: Int
    /// How often the message has been tried, from 1.
    public let attempt: Int
    /// When the attempt began, microseconds since 1970.
    public let at: Int64
    /// How long it took, microseconds.
    public let took: Int64
    /// Whether the receiver has taken the message.
    public let isSuccess: Bool
    /// The status of the response; nil when there was none.
    public let status: Int?
    /// Why it failed; nil when it did not.
    public let reason: String?
    /// The first bytes of the response.
    public let response: [UInt8]

    /// How many attempts of one webhook are kept.
    public static let keptCount = 100

    /// Makes an attempt.
    public init(
        number: Int64, messageID: String, firstEvent: String?, kind: String, events: Int,
        attempt: Int, at: Int64, took: Int64, isSuccess: Bool, status: Int?, reason: String?,
        response: [UInt8]
    ) {
        self.number = number
        self.messageID = messageID
        self.firstEvent = firstEvent
        self.kind = kind
        self.events = events
        self.attempt = attempt
        self.at = at
        self.took = took
        self.isSuccess = isSuccess
        self.status = status
        self.reason = reason
        self.response = response
    }
}

/// A page of attempts, newest first.
public struct WebhookDeliveryPage: Sendable {
    /// The attempts.
    public let items: [WebhookDelivery]
    /// The cursor of the next page; nil when there is none.
    public let next: String?
}
