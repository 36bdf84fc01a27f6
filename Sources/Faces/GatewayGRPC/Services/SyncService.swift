internal import Directory
internal import DirectoryMessages
internal import SwiftProtobuf
internal import Text

extension GRPCMethods {
    private static let syncService = "agntcy.dir.store.v1.SyncService"

    /// `agntcy.dir.store.v1.SyncService`
    static func syncs(_ operations: Operations) -> [GRPCMethod] {
        let syncs = operations.syncs
        return [
            .unary(syncService, "CreateSync", scope: .recordsWrite) {
                (request: Agntcy_Dir_Store_V1_CreateSyncRequest) in
                let url = try remoteURL(request)
                let id = try await syncs.create(url, cids: request.cids)
                return Agntcy_Dir_Store_V1_CreateSyncResponse.with { $0.syncID = id }
            },
            .serverStream(syncService, "ListSyncs", scope: .recordsRead) {
                (request: Agntcy_Dir_Store_V1_ListSyncsRequest, call: GRPCCall) in
                var window = Window(limit: request.limit, offset: request.offset)
                var cursor: String?
                repeat {
                    let page = try await syncs.list(limit: 100, after: cursor)
                    for sync in window.take(page.items) { try await call.send(item(sync)) }
                    cursor = page.next
                } while !cursor.isNil && !window.isFull
            },
            .unary(syncService, "GetSync", scope: .recordsRead) {
                (request: Agntcy_Dir_Store_V1_GetSyncRequest) in
                let sync = try await syncs.status(request.syncID)
                return Agntcy_Dir_Store_V1_GetSyncResponse.with { response in
                    response.syncID = sync.id
                    response.status = status(sync.state)
                    response.remoteDirectoryURL = sync.remoteURL
                    response.createdTime = Timestamp.format(sync.createdAt)
                    response.lastUpdateTime = Timestamp.format(sync.updatedAt)
                }
            },
            .unary(syncService, "DeleteSync", scope: .recordsWrite) {
                (request: Agntcy_Dir_Store_V1_DeleteSyncRequest) in
                try await syncs.cancel(request.syncID)
                return Agntcy_Dir_Store_V1_DeleteSyncResponse()
            },
            .unary(syncService, "RequestRegistryCredentials", scope: .recordsRead) {
                (_: Agntcy_Dir_Store_V1_RequestRegistryCredentialsRequest) in
                Agntcy_Dir_Store_V1_RequestRegistryCredentialsResponse.with {
                    $0.errorMessage = "this Directory has no registry: sync from its address"
                }
            },
        ]
    }

    /// Returns the address of a request. Upstream allows `host:port` without a scheme.
    private static func remoteURL(_ request: Agntcy_Dir_Store_V1_CreateSyncRequest)
        throws(GRPCStatus) -> String
    {
        guard request.remoteRegistryURL.utf8.isEmpty else {
            throw GRPCStatus(
                .invalidArgument,
                "syncs from a registry are not supported: give remote_directory_url")
        }
        let url = request.remoteDirectoryURL
        guard !url.utf8.isEmpty else {
            throw GRPCStatus(
                .invalidArgument, "invalid remote directory URL: it is required")
        }
        if ByteSearch("://").occurs(in: url) { return url }
        guard url.utf8.contains(UInt8(ascii: ":")) else {
            throw GRPCStatus(
                .invalidArgument,
                "invalid remote directory URL: '\(url.clipped(to: 200))' has no port")
        }
        return "http://\(url)"
    }

    private static func item(_ sync: Sync) -> Agntcy_Dir_Store_V1_ListSyncsItem {
        .with { item in
            item.syncID = sync.id
            item.status = status(sync.state)
            item.remoteDirectoryURL = sync.remoteURL
        }
    }

    private static func status(_ state: SyncState) -> Agntcy_Dir_Store_V1_SyncStatus {
        Agntcy_Dir_Store_V1_SyncStatus(rawValue: state.rawValue) ?? .unspecified
    }
}

/// The part of a listing that a request asks for, by `limit` (0 for all) and `offset`.
struct Window {
    private var left: Int
    private var skipped: Int

    /// Makes the window of a request.
    init(limit: UInt32, offset: UInt32 = 0) {
        left = limit == 0 ? .max : Int(limit)
        skipped = Int(offset)
    }

    /// Whether nothing more is asked for.
    var isFull: Bool { left == 0 }

    /// Returns those of the next items that are in the window.
    mutating func take<Item>(_ items: [Item]) -> ArraySlice<Item> {
        let found = items.dropFirst(skipped).prefix(left)
        skipped -= min(skipped, items.count)
        left -= found.count
        return found
    }
}
