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

    /// Returns the valid signatures. The others are counted and not stored; the record still is.
    private func fetchSignatures() async throws -> [CopyRecord.Signature] {
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
        async throws -> [CopyRecord.Signature]
    {
        var good: [CopyRecord.Signature] = []
        for signature in signatures {
            try Task.checkCancellation()
            guard let key = try? PublicKey(pem: signature.publicKey),
                (try? key.verifies(signature.signature, of: cid)) == true
            else { continue }
            good.append(CopyRecord.Signature(text: signature.signature, key: key))
        }
        return good
    }

    /// Stores the record and the signatures that are not stored yet, and counts the result.
    private func keep(_ record: Record?, _ signatures: [CopyRecord.Signature]) async throws {
        var isNew = false
        if record != nil || !signatures.isEmpty {
            let copy = CopyRecord(
                syncID: run.sync.id, cid: item.cid, record: record, signatures: signatures,
                time: run.now())
            // The sync was cancelled since: nothing more is stored.
            guard let stored = try await run.store.apply(copy) else { throw CancellationError() }
            isNew = stored.isNew
            run.counter.change { $0.signatures.add(stored.signatures) }
        }
        if isNew {
            run.counter.change { $0.copied += 1 }
        } else if !(origin?.syncID?.hasBytes(of: run.sync.id) ?? false) {
            run.counter.change { $0.present += 1 }
        }
    }
}
