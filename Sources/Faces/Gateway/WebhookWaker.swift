internal import Synchronization
internal import Webhooks

/// Tells the webhooks of new events. The publisher has it before there are webhooks, because they need
/// the store, which needs the publisher.
final class WebhookWaker: Sendable {
    private let webhooks = Mutex<WebhookService?>(nil)

    /// Tells this service from now on.
    func connect(_ service: WebhookService) { webhooks.withLock { $0 = service } }

    /// Tells no service any more. The service has the store, the store has the publisher, and the
    /// publisher has this object: none of them would ever be released.
    func disconnect() { webhooks.withLock { $0 = nil } }

    /// Tells of new events. From any thread; never blocks.
    func wake() { webhooks.withLock { $0 }?.eventsPublished() }
}
