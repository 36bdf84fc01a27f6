internal import Events
internal import GRDB
internal import Logging
internal import Records
internal import Text

/// Copies one record with its signatures.
struct RecordCopy: Sendable {
    let run: SyncRun
    let item: RemotePage.Item
    /// nil when the record is not stored.
    let origin: RecordTable.Origin?

    /// Copies the record.
    /// - Returns: why the record could not be copied; nil when it is stored.
    /// - Throws: an error that stops the whole sync.
    func make() async throws -> SyncFaults.Fault? {
        try Task.checkCancellation()
        do {
            guard CID.isValid(item.cid) else { throw RemoteError(.badAnswer, "is not a cid") }
            let record = origin == nil ? try await fetch() : nil
            try await keep(record, try await fetchSignatures())
            return nil
        } catch let error as RemoteError {
            return SyncFaults.Fault(cid: item.cid, error: error)
        }
    }

    private func fetch() async throws -> Record {
        let bytes = try await run.retries.run { () throws(RemoteError) in
            try await run.remote.record(item.cid)
        }
        return try await Self.read(bytes, item.cid)
    }

    /// Reads a record away from the caller's thread, because parsing and hashing take time.
    @concurrent
    private static func read(_ bytes: [UInt8], _ cid: String) async throws(RemoteError) -> Record {
        let record: Record
        do { record = try Record(json: bytes) } catch {
            throw RemoteError(
                .badAnswer, "the content is not a valid record: \(DirectoryError.record(error))")
        }
        guard record.cid.hasBytes(of: cid) else {
            throw RemoteError(
                .badAnswer, "the content is another record, with the cid \(record.cid)")
        }
        return record
    }

    private typealias Good = (signature: String, key: PublicKey)

    /// Returns the valid signatures. The others are counted and not stored; the record still is.
    private func fetchSignatures() async throws -> [Good] {
        guard item.signatures != 0 else { return [] }
        let found: [RemoteSignature]
        do {
            found = try await run.retries.run { () throws(RemoteError) in
                try await run.remote.signatures(of: item.cid)
            }
        } catch let error as RemoteError where !error.isTransient {
            refuse(max(1, item.signatures ?? 1), error.reason)
            return []
        }
        let good = try await Self.verified(found.prefix(SignatureTable.limit), item.cid)
        if good.count < found.count {
            refuse(found.count - good.count, "they do not match their keys, or are too many")
        }
        return good
    }

    private func refuse(_ count: Int, _ reason: String) {
        run.counter.change { $0.signaturesRefused.add(count) }
        run.logger.warning(
            "sync: signatures were refused",
            metadata: ["cid": "\(item.cid)", "count": "\(count)", "reason": "\(reason)"])
    }

    @concurrent
    private static func verified(_ signatures: ArraySlice<RemoteSignature>, _ cid: String)
        async throws -> [Good]
    {
        var good: [Good] = []
        for signature in signatures {
            try Task.checkCancellation()
            guard let key = try? PublicKey(pem: signature.publicKey),
                (try? key.verifies(signature.signature, of: cid)) == true
            else { continue }
            good.append((signature.signature, key))
        }
        return good
    }

    /// Stores the record and the signatures that are not stored yet, and counts the result.
    private func keep(_ record: Record?, _ signatures: [Good]) async throws {
        var isNew = false
        if record != nil || !signatures.isEmpty {
            let (cid, syncID, time) = (item.cid, run.sync.id, run.now())
            let stored = try await run.store.write { database in
                try Self.store(record, signatures, cid, syncID, time, database)
            }
            // The sync was cancelled since: nothing more is stored.
            guard let stored else { throw CancellationError() }
            isNew = stored.isNew
            run.counter.change { $0.signatures.add(stored.signatures) }
        }
        if isNew {
            run.counter.change { $0.copied += 1 }
        } else if !(origin?.syncID?.hasBytes(of: run.sync.id) ?? false) {
            run.counter.change { $0.present += 1 }
        }
    }

    private typealias Stored = (isNew: Bool, signatures: Int)

    /// Makes the change of the store.
    /// - Returns: nil when the sync was cancelled.
    private static func store(
        _ record: Record?, _ signatures: [Good], _ cid: String, _ syncID: String, _ time: Int64,
        _ database: Database
    ) throws -> Applied<Stored?> {
        guard try SyncTable.isOpen(syncID, database) else {
            return Applied(result: nil, events: [])
        }
        var events: [EventDraft] = []
        var isNew = false
        if let record {
            isNew = try RecordTable.insert(record, at: time, syncID: syncID, database)
            events.append(
                EventDraft(
                    .recordPushed, cid, labels: record.labels, metadata: [.init("sync_id", syncID)])
            )
        }
        // A client may have deleted the record since: then there is nothing to sign.
        guard let id = try RecordTable.id(of: cid, database) else {
            return Applied(result: (false, 0), events: [])
        }
        var count = 0
        for (signature, key) in signatures {
            let attached: SignatureTable.Attached
            do {
                attached = try SignatureTable.attach(
                    signature, by: key, to: cid, id, at: time, database)
            } catch DirectoryError.key {
                // The record has the most signatures that are allowed.
                break
            }
            guard attached.isNew else { continue }
            count += 1
            events += attached.events
        }
        return Applied(result: (isNew, count), events: events)
    }
}
