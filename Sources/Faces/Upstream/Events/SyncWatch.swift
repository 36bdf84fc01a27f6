internal import Directory
internal import DirectoryMessages
internal import Events
internal import GatewayGRPC
internal import SwiftProtobuf
internal import Synchronization
internal import Text

/// Watches the syncs that were created through this gateway, for an upstream that emits no events of
/// them. A gateway that restarts has forgotten them.
final class SyncWatch: Sendable {
    /// The most syncs that are watched, and for how long.
    private static let limit = 1000
    private static let timeLimit: Duration = .seconds(24 * 3600)
    /// The pauses between two questions.
    private static let pauses: (first: Duration, longest: Duration) = (
        .milliseconds(250), .seconds(10)
    )

    private let channel: UpstreamChannel
    private let own: OwnEvents
    /// By the id of the sync; nil when it has stopped.
    private let tasks = Mutex<[ExactString: Task<Void, Never>]?>([:])

    init(channel: UpstreamChannel, own: OwnEvents) {
        self.channel = channel
        self.own = own
    }

    /// Emits SYNC_CREATED, and later how the sync has ended.
    func watch(_ id: String, remote: String) {
        tasks.withLock { tasks in
            guard let count = tasks?.count else { return }
            let isFull = count >= Self.limit
            tasks?[ExactString(id)] = Task { [self] in
                let metadata = [Event.Metadatum("remote_url", remote)]
                await own.add([EventDraft(.syncCreated, id, metadata: metadata)])
                if !isFull, await own.mayEmit(.syncCompleted), let end = await end(of: id, metadata)
                {
                    await own.add([end])
                }
                forget(id)
            }
        }
    }

    private func forget(_ id: String) { tasks.withLock { $0?[ExactString(id)] = nil } }

    /// Stops watching.
    func stop() {
        let list = tasks.withLock { tasks in
            defer { tasks = nil }
            return tasks
        }
        for task in (list ?? [:]).values { task.cancel() }
    }

    /// Returns the event of the end; nil when it is not known, or there is none.
    private func end(of id: String, _ metadata: [Event.Metadatum]) async -> EventDraft? {
        let deadline = ContinuousClock.now + Self.timeLimit
        var pause = Self.pauses.first
        while ContinuousClock.now < deadline {
            do { try await Task.sleep(for: pause) } catch { return nil }
            pause = min(pause * 2, Self.pauses.longest)
            switch await state(of: id) {
            case .completed: return EventDraft(.syncCompleted, id, metadata: metadata)
            case .failed:
                let reason = Event.Metadatum("error", "the upstream gives no reason")
                return EventDraft(.syncFailed, id, metadata: metadata + [reason])
            case .deleted: return nil
            default: break
            }
        }
        return nil
    }

    private func state(of id: String) async -> SyncState? {
        let request = Agntcy_Dir_Store_V1_GetSyncRequest.with { $0.syncID = id }
        do {
            let call = try await channel.call(
                "/agntcy.dir.store.v1.SyncService/GetSync", [try request.serializedBytes()],
                timeout: .seconds(10))
            let reply = try Agntcy_Dir_Store_V1_GetSyncResponse(
                serializedBytes: try await call.only())
            return SyncState(rawValue: reply.status.rawValue)
        } catch {
            return nil
        }
    }
}
