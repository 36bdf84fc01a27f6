package import Directory
internal import Text

/// The table of all methods. Each service takes what its handlers need.
package enum GRPCMethods {
    /// What all methods together need.
    package struct Services: Sendable {
        /// The operations on the store of this gateway.
        package let operations: Operations
        /// Carries all calls to the Directory that has the records; nil when they are here.
        package let relay: (any GRPCRelay)?
        /// The most filter items of one subscription.
        package let filterItemLimit: Int
        /// The most bytes of a record.
        package let recordLimit: Int
        /// Returns whether the gateway can serve requests.
        package let isReady: @Sendable () async -> Bool

        /// Puts them together.
        package init(
            operations: Operations, relay: (any GRPCRelay)? = nil, filterItemLimit: Int,
            recordLimit: Int, isReady: @escaping @Sendable () async -> Bool
        ) {
            self.operations = operations
            self.relay = relay
            self.filterItemLimit = filterItemLimit
            self.recordLimit = recordLimit
            self.isReady = isReady
        }
    }

    /// Returns the table.
    package static func table(_ services: Services) -> GRPCMethodTable {
        let operations = services.operations
        var directory =
            store(operations, recordLimit: services.recordLimit)
            + syncs(operations) + routing(operations) + publications(operations)
            + search(operations) + naming(operations) + signatures(operations)
        if let relay = services.relay {
            // The credentials are for the gateway alone: who may read here may not read there.
            directory = directory.map {
                $0.name.hasBytes(of: "RequestRegistryCredentials") ? $0 : $0.relayed(by: relay)
            }
        }
        let methods = events(itemLimit: services.filterItemLimit) + directory
        let names = GRPCMethodTable(methods).serviceNames + [healthService] + reflectionServices
        return GRPCMethodTable(
            methods + health(names, isReady: services.isReady) + reflection(names))
    }
}
