internal import Directory
internal import DirectoryMessages
internal import SwiftProtobuf
internal import Text

extension GRPCMethods {
    private static let namingService = "agntcy.dir.naming.v1.NamingService"

    /// `agntcy.dir.naming.v1.NamingService`
    static func naming(_ operations: Operations) -> [GRPCMethod] {
        [
            .unary(namingService, "Resolve", scope: .recordsRead) {
                (request: Agntcy_Dir_Naming_V1_ResolveRequest) in
                let found = try await resolve(
                    request.name, request.hasVersion ? request.version : nil, operations)
                return Agntcy_Dir_Naming_V1_ResolveResponse.with { response in
                    response.records = found.map { item in
                        .with { ref in
                            ref.name = item.name
                            ref.version = item.version
                            ref.cid = item.cid
                        }
                    }
                }
            },
            // Domains are not asked whether a name is theirs: nothing is known of any record.
            .unary(namingService, "GetVerificationInfo", scope: .recordsRead) {
                (request: Agntcy_Dir_Naming_V1_GetVerificationInfoRequest) in
                if request.hasCid, !request.cid.utf8.isEmpty {
                    return unverified
                }
                guard request.hasName, !request.name.utf8.isEmpty else {
                    throw GRPCStatus(.invalidArgument, "either cid or name must be provided")
                }
                _ = try await resolve(
                    request.name, request.hasVersion ? request.version : nil, operations)
                return unverified
            },
        ]
    }

    private static let unverified = Agntcy_Dir_Naming_V1_GetVerificationInfoResponse.with {
        $0.errorMessage = "no verification found: this Directory does not verify names"
    }

    /// The most records of one name that are returned.
    private static let resolveLimit = 1000

    /// Returns the records with a name, newest first. A name without a scheme is also looked for with one.
    private static func resolve(_ name: String, _ version: String?, _ operations: Operations)
        async throws -> [RecordSearchPage.Item]
    {
        guard !name.utf8.isEmpty else { throw GRPCStatus(.invalidArgument, "name is required") }
        let hasScheme = ByteSearch("://").occurs(in: name)
        let names = hasScheme ? [name] : [name, "http://\(name)", "https://\(name)"]
        var search = RecordSearch()
        search.limit = resolveLimit
        search.conditions = [.init(names.map { .isExactly(.name, $0) })]
        if let version, !version.utf8.isEmpty {
            search.conditions.append(.init([.isExactly(.version, version)]))
        }
        let page = try await operations.search(search)
        guard !page.items.isEmpty else {
            throw GRPCStatus(.notFound, "no record has the name \(name.clipped(to: 200))")
        }
        return page.items
    }
}
