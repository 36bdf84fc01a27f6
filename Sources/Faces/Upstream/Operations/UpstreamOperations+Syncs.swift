internal import Directory
internal import DirectoryMessages
internal import GatewayGRPC
internal import SwiftProtobuf
internal import Text

extension UpstreamOperations {
    func createSync(_ url: String, cids: [String]) async throws(DirectoryError) -> String {
        try Operations.check(cids: cids)
        let request = Agntcy_Dir_Store_V1_CreateSyncRequest.with { request in
            request.remoteDirectoryURL = url
            request.cids = cids
        }
        do throws(GRPCStatus) {
            return try await caller.one(
                Self.sync, "CreateSync", request,
                as: Agntcy_Dir_Store_V1_CreateSyncResponse.self
            ).syncID
        } catch {
            throw DirectoryError(error)
        }
    }

    /// Returns a sync: its state, and what else the upstream tells.
    func sync(_ id: String) async throws(DirectoryError) -> Sync {
        let request = Agntcy_Dir_Store_V1_GetSyncRequest.with { $0.syncID = id }
        do throws(GRPCStatus) {
            let reply = try await caller.one(
                Self.sync, "GetSync", request, as: Agntcy_Dir_Store_V1_GetSyncResponse.self)
            return Self.value(
                id, reply.status, reply.remoteDirectoryURL,
                created: Timestamp.parse(reply.createdTime),
                updated: Timestamp.parse(reply.lastUpdateTime))
        } catch {
            throw Self.error(error, id)
        }
    }

    /// Returns a page of syncs, in the order of the upstream.
    func listSyncs(limit: Int, after cursor: String?) async throws(DirectoryError) -> SyncPage {
        let offset = try Self.offset(cursor)
        let request = Agntcy_Dir_Store_V1_ListSyncsRequest.with { request in
            request.limit = UInt32(clamping: limit + 1)
            request.offset = UInt32(clamping: offset)
        }
        do throws(GRPCStatus) {
            let items = try await caller.list(
                Self.sync, "ListSyncs", [request], as: Agntcy_Dir_Store_V1_ListSyncsItem.self)
            return SyncPage(
                items: items.prefix(limit).map {
                    Self.value($0.syncID, $0.status, $0.remoteDirectoryURL)
                }, next: items.count > limit ? Self.cursor(offset + limit) : nil)
        } catch {
            throw DirectoryError(error)
        }
    }

    func cancelSync(_ id: String) async throws(DirectoryError) {
        let request = Agntcy_Dir_Store_V1_DeleteSyncRequest.with { $0.syncID = id }
        do throws(GRPCStatus) {
            _ = try await caller.one(
                Self.sync, "DeleteSync", request,
                as: Agntcy_Dir_Store_V1_DeleteSyncResponse.self)
        } catch {
            guard error.code == .invalidArgument else { throw Self.error(error, id) }
            // The upstream cancels only what has not begun.
            let state = try await sync(id).state
            throw state.isFinal ? .syncEnded(id, state) : .invalid(error.message)
        }
    }

    private static func value(
        _ id: String, _ status: Agntcy_Dir_Store_V1_SyncStatus, _ remote: String,
        created: Int64? = nil, updated: Int64? = nil
    ) -> Sync {
        // A sync that is about to be deleted counts as deleted; one without a state as waiting.
        let state = SyncState(rawValue: status.rawValue)
        return Sync(
            id: id, remoteURL: remote, cids: [],
            state: state ?? (status == .deletePending ? .deleted : .pending),
            progress: SyncProgress(), hasProgress: false, error: nil, createdAt: created ?? 0,
            updatedAt: updated ?? created ?? 0)
    }

    private static func error(_ status: GRPCStatus, _ id: String) -> DirectoryError {
        // Directories answer UNKNOWN for an id that they do not know.
        let isUnknown =
            status.code == .notFound
            || (status.code == .unknown && ByteSearch("not found").occurs(in: status.message))
        return isUnknown ? .syncNotFound(id.clipped(to: 64)) : DirectoryError(status)
    }
}
