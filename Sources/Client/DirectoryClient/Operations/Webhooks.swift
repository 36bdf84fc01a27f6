internal import FoundationEssentials
internal import NIOHTTP1
internal import Text

extension DirectoryClient {
    /// Makes a webhook: the gateway posts events to a URL.
    /// - Returns: the webhook, with its secret, which is not shown again.
    /// - Throws: `DirectoryClientError`.
    public func addWebhook(_ draft: WebhookDraft) async throws(DirectoryClientError) -> WebhookInfo
    {
        try await decode(WebhookInfo.self, ClientRequest("/webhooks", draft))
    }

    /// Returns a page of webhooks, in the order in which they were made.
    /// - Parameter after: `next` of the previous page; nil for the first.
    /// - Throws: `DirectoryClientError`.
    public func webhooks(limit: Int = 100, after: String? = nil) async throws(DirectoryClientError)
        -> (webhooks: [WebhookInfo], next: String?)
    {
        let query = [("limit", String(limit))] + (after.map { [("after", $0)] } ?? [])
        let page = try await decode(
            WebhookPage.self, ClientRequest(.GET, "/webhooks", query: query))
        return (page.webhooks, page.next)
    }

    /// Returns a webhook, and how far it is behind.
    /// - Throws: `DirectoryClientError`.
    public func webhook(_ id: String) async throws(DirectoryClientError) -> WebhookInfo {
        try await decode(WebhookInfo.self, ClientRequest(.GET, Self.path(id)))
    }

    /// Removes a webhook.
    /// - Throws: `DirectoryClientError`.
    public func removeWebhook(_ id: String) async throws(DirectoryClientError) {
        try await remove(Self.path(id))
    }

    /// Sends a message without an event to a webhook, and waits for the response of its receiver.
    /// - Throws: `DirectoryClientError`.
    public func testWebhook(_ id: String) async throws(DirectoryClientError) -> WebhookAttempt {
        try await decode(WebhookAttempt.self, ClientRequest(.POST, Self.path(id, "test")))
    }

    /// Gives a webhook a new secret. For 24 h messages are signed with the one before too.
    /// - Throws: `DirectoryClientError`.
    public func rotateWebhook(_ id: String) async throws(DirectoryClientError) -> WebhookSecret {
        try await decode(WebhookSecret.self, ClientRequest(.POST, Self.path(id, "rotate")))
    }

    /// Enables a webhook, which goes on where it was, or disables it.
    /// - Throws: `DirectoryClientError`.
    public func setWebhook(_ id: String, enabled: Bool) async throws(DirectoryClientError)
        -> WebhookInfo
    {
        let action = enabled ? "enable" : "disable"
        return try await decode(WebhookInfo.self, ClientRequest(.POST, Self.path(id, action)))
    }

    /// Sends events to a webhook again, in their order.
    /// - Throws: `DirectoryClientError`.
    public func replayWebhook(_ id: String, from start: WebhookReplay)
        async throws(DirectoryClientError) -> WebhookInfo
    {
        try await decode(WebhookInfo.self, ClientRequest(Self.path(id, "replay"), start))
    }

    /// Returns a page of the last attempts of a webhook, newest first.
    /// - Parameters:
    ///   - state: `succeeded` or `failed`; nil for both.
    ///   - after: `next` of the previous page; nil for the first.
    /// - Throws: `DirectoryClientError`.
    public func webhookAttempts(
        of id: String, state: String? = nil, limit: Int = 100, after: String? = nil
    ) async throws(DirectoryClientError) -> (attempts: [WebhookAttempt], next: String?) {
        var query = [("limit", String(limit))]
        if let state { query.append(("state", state)) }
        if let after { query.append(("after", after)) }
        let page = try await decode(
            AttemptPage.self, ClientRequest(.GET, Self.path(id, "deliveries"), query: query))
        return (page.deliveries, page.next)
    }

    private static func path(_ id: String, _ action: String? = nil) -> String {
        "/webhooks/\(PercentCoding.encode(id))" + (action.map { "/\($0)" } ?? "")
    }

    private struct WebhookPage: Decodable {
        let webhooks: [WebhookInfo]
        let next: String?
    }

    private struct AttemptPage: Decodable {
        let deliveries: [WebhookAttempt]
        let next: String?
    }
}
