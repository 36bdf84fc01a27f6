public import Directory

/// Why a webhook was not made, changed or used.
public enum WebhookError: Error, Sendable {
    /// There is no webhook with this id, or it belongs to another subject.
    case notFound(String)
    /// A member of the request has a value that is not allowed: the member, and a clause about it.
    case invalid(member: String, reason: String)
    /// The receiver may not be reached: a clause about the member `url`.
    case forbidden(String)
    /// Too many tests run at the same time.
    case tooManyTests
    /// The store cannot do it now.
    case directory(DirectoryError)
}

/// Which webhooks a subject may see and change.
public struct WebhookAccess: Sendable {
    /// The identity of the subject.
    public let identity: String
    /// Whether it may receive some events only. Then it sees only what it has made: else it could send
    /// the events of another webhook to itself.
    public let isRestricted: Bool

    /// Makes an access.
    public init(identity: String, isRestricted: Bool) {
        self.identity = identity
        self.isRestricted = isRestricted
    }
}

/// A webhook, with what only its delivery knows.
public struct WebhookStatus: Sendable {
    /// The webhook. Its secrets must not be shown.
    public let webhook: StoredWebhook
    /// How many events of the log come after the newest that was delivered. Of these, those that match
    /// the filter are left to deliver.
    public let lagEvents: Int
    /// How long ago the oldest event that is left was published; zero when none is left, nil when that
    /// is not known.
    public let lag: Duration?

    /// Makes a status.
    public init(webhook: StoredWebhook, lagEvents: Int, lag: Duration?) {
        self.webhook = webhook
        self.lagEvents = lagEvents
        self.lag = lag
    }
}
