package import Directory

/// The table of all methods. Each service takes what its handlers need.
package enum GRPCMethods {
    /// What all methods together need.
    package struct Services: Sendable {
        /// The operations.
        package let operations: Operations
        /// The most filter items of one subscription.
        package let filterItemLimit: Int
        /// The most bytes of a record.
        package let recordLimit: Int
        /// Returns whether the gateway can serve requests.
        package let isReady: @Sendable () async -> Bool

        /// Puts them together.
        package init(
            operations: Operations, filterItemLimit: Int, recordLimit: Int,
            isReady: @escaping @Sendable () async -> Bool
        ) {
            self.operations = operations
            self.filterItemLimit = filterItemLimit
            self.recordLimit = recordLimit
            self.isReady = isReady
        }
    }

    /// Returns the table.
    package static func table(_ services: Services) -> GRPCMethodTable {
        let operations = services.operations
        let methods =
            events(itemLimit: services.filterItemLimit)
            + store(operations, recordLimit: services.recordLimit)
            + syncs(operations) + routing(operations) + publications(operations)
            + search(operations) + naming(operations) + signatures(operations)
        let names = GRPCMethodTable(methods).serviceNames + [healthService] + reflectionServices
        return GRPCMethodTable(
            methods + health(names, isReady: services.isReady) + reflection(names))
    }
}
