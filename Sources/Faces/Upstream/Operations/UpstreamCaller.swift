internal import Directory
internal import DirectoryMessages
internal import Frames
internal import GatewayGRPC
internal import SwiftProtobuf
internal import Synchronization
internal import Text

/// Makes the calls of operations to the upstream, and sees to the events that the upstream does not emit.
/// From any thread.
final class UpstreamCaller: GRPCRelay {
    /// The methods whose calls are looked at.
    private static let createSync = "/agntcy.dir.store.v1.SyncService/CreateSync"
    private static let pushReferrer = "/agntcy.dir.store.v1.StoreService/PushReferrer"

    private let channel: UpstreamChannel
    private let timeout: Duration
    private let memory: MemoryBudget
    private let own: OwnEvents
    private let syncs: SyncWatch
    private let signers = SignerMemory()

    init(
        channel: UpstreamChannel, timeout: Duration, memory: MemoryBudget, own: OwnEvents
    ) {
        self.channel = channel
        self.timeout = timeout
        self.memory = memory
        self.own = own
        syncs = SyncWatch(channel: channel, own: own)
    }

    /// Stops watching syncs.
    func stop() { syncs.stop() }

    /// Calls a method. What it changes is emitted as an event, if the upstream does not do so.
    func call(
        _ path: String, _ messages: [[UInt8]], hints: GRPCHints, timeout: Duration?
    ) async throws(GRPCStatus) -> any GRPCReplies {
        let limit = min(timeout ?? self.timeout, self.timeout)
        guard limit > .zero else {
            throw GRPCStatus(.deadlineExceeded, "the deadline of the client has passed")
        }
        let call = try await channel.call(
            path, messages, fields: hints.fields, timeout: limit)
        if path.hasBytes(of: Self.createSync) {
            return ObservedReplies(call) { [self] in syncCreated(messages, $0) }
        }
        if path.hasBytes(of: Self.pushReferrer) {
            let count = Mutex(0)
            return ObservedReplies(call) { [self] replies in
                let first = count.withLock { count in
                    defer { count += replies.count }
                    return count
                }
                await referrersPushed(messages.dropFirst(first), replies)
            }
        }
        return call
    }

    // MARK: Events of the gateway's own

    private func syncCreated(_ requests: [[UInt8]], _ replies: [[UInt8]]) {
        guard let reply = replies.first, let request = requests.first,
            let sync = try? Agntcy_Dir_Store_V1_CreateSyncResponse(serializedBytes: reply),
            let asked = try? Agntcy_Dir_Store_V1_CreateSyncRequest(serializedBytes: request),
            !sync.syncID.utf8.isEmpty
        else { return }
        let registry = asked.remoteRegistryURL
        syncs.watch(
            sync.syncID, remote: registry.utf8.isEmpty ? asked.remoteDirectoryURL : registry)
    }

    private func referrersPushed(_ requests: ArraySlice<[UInt8]>, _ replies: [[UInt8]]) async {
        for (request, reply) in zip(requests, replies) {
            guard
                let response = try? Agntcy_Dir_Store_V1_PushReferrerResponse(
                    serializedBytes: reply), response.success,
                let referrer = try? await ReferrerMessage.decode(request)
            else { continue }
            let drafts = await signers.drafts(for: referrer)
            guard !drafts.isEmpty else { continue }
            own.post(drafts)
        }
    }

    // MARK: Operations

    /// Calls a method that has one reply.
    func one<Reply: Message>(
        _ service: String, _ method: String, _ request: some Message,
        as type: Reply.Type = Reply.self
    ) async throws(GRPCStatus) -> Reply {
        let replies = try await all(service, method, [try bytes(request)])
        guard replies.count == 1 else {
            throw GRPCStatus(
                .internal, "the upstream has sent \(replies.count) replies instead of one")
        }
        return try read(replies[0])
    }

    /// Calls a method that streams its replies, and reads them.
    func list<Reply: Message>(
        _ service: String, _ method: String, _ requests: [some Message],
        as type: Reply.Type = Reply.self
    ) async throws(GRPCStatus) -> [Reply] {
        var messages: [[UInt8]] = []
        for request in requests { messages.append(try bytes(request)) }
        var list: [Reply] = []
        for reply in try await all(service, method, messages) { list.append(try read(reply)) }
        return list
    }

    /// The most bytes of all replies of one call: above it a listing has to be narrowed.
    private static let repliesLimit = 32 << 20

    /// Calls a method, and returns its replies as they are.
    func all(
        _ service: String, _ method: String, _ messages: [[UInt8]], hints: GRPCHints = []
    ) async throws(GRPCStatus) -> [[UInt8]] {
        var list: [[UInt8]] = []
        let failure = await collect(service, method, messages, hints: hints, &list)
        if let failure { throw failure }
        return list
    }

    /// Calls a method, and adds its replies to a list as far as they come.
    /// - Returns: the status with which the call has failed; nil for success.
    func collect(
        _ service: String, _ method: String, _ messages: [[UInt8]], hints: GRPCHints = [],
        _ list: inout [[UInt8]]
    ) async -> GRPCStatus? {
        var bytes = 0
        var held = MemoryReservation(memory)
        do throws(GRPCStatus) {
            let replies = try await call(
                "/\(service)/\(method)", messages, hints: hints, timeout: nil)
            defer { replies.cancel() }
            while let more = try await replies.next() {
                bytes += more.reduce(0) { $0 + $1.count }
                guard bytes <= Self.repliesLimit else {
                    throw GRPCStatus(
                        .internal,
                        "the upstream has sent more than \(Self.repliesLimit) bytes")
                }
                guard held.resize(to: bytes) else {
                    throw GRPCStatus(
                        .unavailable, "the gateway has no memory for the replies of the upstream")
                }
                list += more
            }
            return nil
        } catch {
            return error
        }
    }

    private func bytes(_ message: some Message) throws(GRPCStatus) -> [UInt8] {
        do { return try message.serializedBytes() } catch {
            throw GRPCStatus(.internal, "a message cannot be written")
        }
    }

    private func read<Reply: Message>(_ bytes: [UInt8]) throws(GRPCStatus) -> Reply {
        do { return try Reply(serializedBytes: bytes) } catch {
            throw GRPCStatus(.internal, "the upstream has sent a message that is not protobuf")
        }
    }
}

/// Replies that are looked at on their way.
private final class ObservedReplies: GRPCReplies {
    private let replies: UpstreamCall
    private let observe: @Sendable ([[UInt8]]) async -> Void

    init(_ replies: UpstreamCall, _ observe: @escaping @Sendable ([[UInt8]]) async -> Void) {
        self.replies = replies
        self.observe = observe
    }

    func next() async throws(GRPCStatus) -> [[UInt8]]? {
        guard let list = try await replies.next() else { return nil }
        await observe(list)
        return list
    }

    func cancel() { replies.cancel() }
}
