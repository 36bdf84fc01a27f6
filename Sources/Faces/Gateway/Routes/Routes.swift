internal import Authentication
internal import Directory
internal import Events
internal import Frames
internal import Webhooks

/// The table of all routes. Each room of it takes the services that its handlers need.
enum Routes {
    /// Returns all routes.
    static func all(_ services: Services) -> [Route] {
        let operations = services.operations
        let routes =
            events(
                filterItemLimit: services.filterItemLimit, fields: services.streamFields,
                past: PastQuery(
                    log: services.log, now: services.now, lastGap: services.lastGap))
            + history(services.log, filterItemLimit: services.filterItemLimit, now: services.now)
            + recent(
                services.log, inMemory: services.recent, filterItemLimit: services.filterItemLimit)
            + records(operations) + push(operations, memory: services.memory)
            + publish(operations) + syncs(operations) + signatures(operations)
            + webhooks(services.webhooks)
            + webhookActions(services.webhooks, services.log, now: services.now)
            + session(services.access)
            + subscribers(services.health.loops)
        var metrics = services.metrics
        metrics.routes = routes.map { ($0.pattern, $0.responses.map(\.status)) }
        let all = routes + health(services.health, metrics)
        return all
            + descriptions(
                of: all, isOpen: !services.access.authenticator.asksForProof,
                isSecure: services.isSecure)
    }

    /// What all routes together need.
    struct Services: Sendable {
        let operations: any DirectoryOperations
        let access: AccessControl
        /// Whether connections are over TLS.
        let isSecure: Bool
        let memory: MemoryBudget
        /// The most filter items of one subscription.
        let filterItemLimit: Int
        let streamFields: StreamFields
        let log: any EventLog
        /// The place before which events of the upstream may be missing from the log.
        let lastGap: @Sendable () -> EventPlace?
        let webhooks: WebhookService
        /// The last events in memory, while the log is off.
        let recent: any EventLog
        /// Returns microseconds since 1970.
        let now: @Sendable () -> Int64
        let health: Health
        let metrics: MetricsSource
    }
}
