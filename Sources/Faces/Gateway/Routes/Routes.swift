internal import Directory
internal import Frames

/// The table of all routes. Each room of it takes the services that its handlers need.
enum Routes {
    /// Returns all routes.
    static func all(_ services: Services) -> [Route] {
        let operations = services.operations
        let routes =
            events(filterItemLimit: services.filterItemLimit, fields: services.streamFields)
            + records(operations) + push(operations, memory: services.memory)
            + publish(operations) + syncs(operations) + signatures(operations)
            + subscribers(services.health.loops) + health(services.health, services.metrics)
        return routes + descriptions(of: routes)
    }

    /// What all routes together need.
    struct Services: Sendable {
        let operations: Operations
        let memory: MemoryBudget
        /// The most filter items of one subscription.
        let filterItemLimit: Int
        let streamFields: StreamFields
        let health: Health
        let metrics: MetricsSource
    }
}
