internal import Events
internal import GRDB
internal import Logging
internal import Synchronization

/// What a sync has done so far, for those who ask while it runs.
final class SyncCounter: Sendable {
    private let state = Mutex(SyncProgress())

    var progress: SyncProgress { state.withLock { $0 } }

    func change(_ change: (inout SyncProgress) -> Void) { state.withLock { change(&$0) } }
}

/// One run of a sync: finds out what the remote has, and copies what is not here. Running again goes
/// on where it ended: what is here is not fetched again.
struct SyncRun: Sendable {
    let sync: Sync
    let remote: any RemoteDirectory
    let store: Store
    let policy: SyncPolicy
    let patience: Patience
    let counter: SyncCounter
    let now: @Sendable () -> Int64
    let logger: Logger

    /// A listing that goes on longer than this is not a listing.
    private static let recordLimit = 10_000_000
    private static let pageSize = 1000

    /// - Throws: `SyncFaults` when some records could not be copied, `RemoteError` or
    ///   `DirectoryError` when none of the others could, `CancellationError`.
    @concurrent
    func run() async throws {
        var faults = SyncFaults()
        if sync.cids.isEmpty {
            try await copyPublished(&faults)
        } else {
            let items = sync.cids.map { RemotePage.Item(cid: $0, signatures: nil) }
            for start in stride(from: 0, to: items.count, by: Self.pageSize) {
                try await copy(
                    Array(items[start..<min(start + Self.pageSize, items.count)]), &faults)
            }
        }
        guard faults.count == 0 else { throw faults }
    }

    private func copyPublished(_ faults: inout SyncFaults) async throws {
        var cursor: String?
        var seen: Set<String> = []
        repeat {
            let here = cursor
            let page = try await patience.ask { () throws(RemoteError) in
                try await remote.published(after: here)
            }
            if let next = page.next, page.items.isEmpty || !seen.insert(next).inserted {
                throw RemoteError(.badAnswer, "its listing of records goes round in circles")
            }
            try await copy(page.items, &faults)
            guard counter.progress.found < Self.recordLimit else {
                throw RemoteError(.badAnswer, "its listing of records does not end")
            }
            cursor = page.next
        } while cursor != nil
    }

    /// Copies some records, a few at a time.
    private func copy(_ items: [RemotePage.Item], _ faults: inout SyncFaults) async throws {
        counter.change { $0.found += items.count }
        let cids = items.map(\.cid)
        let known = try await store.read { try RecordTable.origins(of: cids, $0) }
        try await withThrowingTaskGroup(of: SyncFaults.Fault?.self) { group in
            for (index, item) in items.enumerated() {
                if index >= policy.concurrentPulls { try note(try await group.next(), &faults) }
                group.addTask { try await copy(item, origin: known[item.cid]) }
            }
            while let result = try await group.next() { try note(result, &faults) }
        }
        let progress = counter.progress
        logger.info(
            "sync goes on",
            metadata: [
                "found": "\(progress.found)", "copied": "\(progress.copied)",
                "present": "\(progress.present)", "failed": "\(progress.failed)",
            ])
    }

    private func note(_ result: SyncFaults.Fault??, _ faults: inout SyncFaults) throws {
        guard let fault = result ?? nil else { return }
        faults.add(fault)
        counter.change { $0.failed += 1 }
        logger.debug("sync: a record was not copied", metadata: ["reason": "\(fault.text)"])
        // The faults say enough by now.
        if faults.count >= policy.failureLimit { throw faults.givenUp }
    }

    /// - Returns: why the record could not be copied; nil when it is here.
    /// - Throws: what would keep the other records from being copied too.
    private func copy(_ item: RemotePage.Item, origin: RecordTable.Origin?) async throws
        -> SyncFaults.Fault?
    {
        try Task.checkCancellation()
        do {
            guard CID.isPlausible(item.cid) else {
                throw RemoteError(.badAnswer, "is no cid")
            }
            let record = origin == nil ? try await fetch(item.cid) : nil
            let signatures = item.signatures == 0 ? [] : try await fetchSignatures(item.cid)
            try await keep(record, signatures, item.cid, origin)
            return nil
        } catch let error as RemoteError where !error.isTransient {
            return SyncFaults.Fault(cid: item.cid, reason: error.reason)
        }
    }

    private func fetch(_ cid: String) async throws -> Record {
        let bytes = try await patience.ask { () throws(RemoteError) in try await remote.record(cid)
        }
        return try await Self.read(bytes, cid)
    }

    /// Parsing and hashing take time: they leave the caller's thread.
    @concurrent
    private static func read(_ bytes: [UInt8], _ cid: String) async throws(RemoteError) -> Record {
        let record: Record
        do { record = try Record(json: bytes) } catch {
            throw RemoteError(
                .badAnswer, "what came is not a valid record: \(DirectoryError.record(error))")
        }
        guard record.cid == cid else {
            throw RemoteError(
                .badAnswer, "what came is another record: it hashes to \(record.cid)")
        }
        return record
    }

    /// The signatures that are good. One that is not does not keep the record away: it is left.
    private func fetchSignatures(_ cid: String) async throws -> [(String, PublicKey)] {
        let found = try await patience.ask { () throws(RemoteError) in
            try await remote.signatures(of: cid)
        }
        let good = await Self.verified(found, cid)
        if good.count < found.count {
            counter.change { $0.signaturesRefused += found.count - good.count }
            logger.warning(
                "sync: signatures are not of the key they name",
                metadata: ["cid": "\(cid)", "count": "\(found.count - good.count)"])
        }
        return good
    }

    @concurrent
    private static func verified(_ signatures: [RemoteSignature], _ cid: String) async
        -> [(String, PublicKey)]
    {
        signatures.compactMap { signature in
            guard let key = try? PublicKey(pem: signature.publicKey),
                (try? key.verifies(signature.signature, of: cid)) == true
            else { return nil }
            return (signature.signature, key)
        }
    }

    /// Stores what is not here yet, and counts what became of the record.
    private func keep(
        _ record: Record?, _ signatures: [(String, PublicKey)], _ cid: String,
        _ origin: RecordTable.Origin?
    ) async throws {
        let (syncID, time) = (sync.id, now())
        var isOurs = origin?.syncID == syncID
        if record != nil || !signatures.isEmpty {
            let stored = try await store.write { database in
                try Self.store(record, signatures, cid, syncID, time, database)
            }
            isOurs = isOurs || stored.isNew
            counter.change { $0.signatures += stored.signatures }
        }
        counter.change { progress in
            if isOurs { progress.copied += 1 } else { progress.present += 1 }
        }
    }

    private typealias Stored = (isNew: Bool, signatures: Int)

    private static func store(
        _ record: Record?, _ signatures: [(String, PublicKey)], _ cid: String, _ syncID: String,
        _ time: Int64, _ database: Database
    ) throws -> Change<Stored> {
        var events: [EventDraft] = []
        var isNew = false
        if let record {
            isNew = try RecordTable.insert(record, at: time, syncID: syncID, database)
            events.append(
                EventDraft(
                    .recordPushed, cid, labels: record.labels, metadata: [.init("sync_id", syncID)])
            )
        }
        // Somebody may have deleted it here meanwhile: then there is nothing to sign.
        guard let id = try RecordTable.id(of: cid, database) else {
            return Change(result: (false, 0), events: [])
        }
        var count = 0
        for (signature, key) in signatures {
            let attached = try SignatureTable.attach(
                signature, by: key, to: cid, id, at: time, database)
            guard attached.isNew else { continue }
            count += 1
            events += attached.events
        }
        return Change(result: (isNew, count), events: events)
    }
}
