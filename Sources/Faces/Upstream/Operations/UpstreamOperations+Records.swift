internal import Directory
internal import DirectoryMessages
internal import GatewayGRPC
internal import Records
internal import SwiftProtobuf
internal import Text

extension UpstreamOperations {
    // MARK: Push

    /// A record that is to be pushed.
    private struct Draft: Sendable {
        let cid: String
        /// The message of the record.
        let message: [UInt8]
    }

    func push(_ json: [UInt8]) async throws(DirectoryError) -> Operations.Pushed {
        let draft = try await Self.read([json])[0].get()
        let isNew = try await !isStored(draft.cid)
        guard let result = try await push([draft]).first else {
            throw .upstreamFailed("the upstream has sent no reply")
        }
        return Operations.Pushed(cid: try result.get(), isNew: isNew)
    }

    func push(many jsons: [[UInt8]]) async -> [Result<Operations.Pushed, DirectoryError>] {
        let drafts = await Self.read(jsons)
        let good = drafts.compactMap { try? $0.get() }
        var isNew: [Bool] = []
        let pushed: [Result<String, DirectoryError>]
        do throws(DirectoryError) {
            for draft in good { isNew.append(try await !isStored(draft.cid)) }
            pushed = try await push(good)
        } catch {
            return drafts.map { draft in draft.flatMap { _ in .failure(error) } }
        }
        var next = 0
        return drafts.map { draft in
            draft.flatMap { _ in
                defer { next += 1 }
                return pushed[next].map { Operations.Pushed(cid: $0, isNew: isNew[next]) }
            }
        }
    }

    /// Parses records, away from the caller's thread. Which rules a record has to keep, the upstream
    /// decides.
    @concurrent
    private static func read(_ jsons: [[UInt8]]) async -> [Result<Draft, DirectoryError>] {
        jsons.map { json in
            do throws(JSONError) {
                let value = try JSONParser.parse(json)
                guard value.members != nil else {
                    let reason = "a record must be a JSON object, not \(value.kind)"
                    return .failure(.record(.malformed(reason, at: nil)))
                }
                let cid = CID.of(CanonicalJSON.encode(value))
                return .success(
                    Draft(cid: cid, message: Wire.field(1, StructEncoder.encode(value))))
            } catch {
                return .failure(.record(.malformed(error.description, at: error.place)))
            }
        }
    }

    /// The most bytes of one call.
    private static let pushBytes = 4 << 20

    /// Pushes records. The upstream ends a call at the first that it refuses; those after it are pushed
    /// in another one.
    /// - Returns: a CID or an error for each.
    private func push(_ drafts: [Draft]) async throws(DirectoryError)
        -> [Result<String, DirectoryError>]
    {
        var results: [Result<String, DirectoryError>] = []
        while results.count < drafts.count {
            var messages: [[UInt8]] = []
            var bytes = 0
            for draft in drafts[results.count...] where bytes < Self.pushBytes {
                messages.append(draft.message)
                bytes += draft.message.count
            }
            var replies: [[UInt8]] = []
            let failure = await caller.collect(Self.store, "Push", messages, &replies)
            for reply in replies.prefix(messages.count) {
                guard let ref = try? Ref(serializedBytes: reply), CID.isValid(ref.cid) else {
                    throw .upstreamFailed("the upstream has sent no cid")
                }
                results.append(.success(ref.cid))
            }
            guard replies.count < messages.count else { continue }
            guard let failure else {
                throw .upstreamFailed("the upstream has answered for a part of the records")
            }
            let error = DirectoryError(failure, cids: [drafts[results.count].cid])
            if case .upstreamUnavailable = error { throw error }
            results.append(.failure(error))
        }
        return results
    }

    // MARK: Pull

    func pull(_ cid: String, isPeek: Bool) async throws(DirectoryError) -> Operations.Content {
        let content = try await content(of: cid, hints: isPeek ? .peek : [])
        return .whole(Operations.Pulled(cid: cid, content: content))
    }

    func part(of cid: String, from place: Int) async throws(DirectoryError) -> [UInt8] {
        Array(try await content(of: cid, hints: .peek).dropFirst(max(0, place)))
    }

    private func content(of cid: String, hints: GRPCHints) async throws(DirectoryError)
        -> [UInt8]
    {
        try Operations.check(cids: [cid])
        let replies: [[UInt8]]
        do throws(GRPCStatus) {
            let request = Wire.field(1, cid)
            replies = try await caller.all(Self.store, "Pull", [request], hints: hints)
        } catch {
            throw DirectoryError(error, cids: [cid])
        }
        guard replies.count == 1 else {
            throw .upstreamFailed("the upstream has sent \(replies.count) records instead of one")
        }
        return try await Self.canonical(replies[0], cid)
    }

    /// Returns the canonical JSON of a record's message, whose hash must be in the CID.
    @concurrent
    private static func canonical(_ message: [UInt8], _ cid: String) async throws(DirectoryError)
        -> [UInt8]
    {
        do {
            var data: Range<Int>?
            var reader = WireReader(message)
            while let field = try reader.next() {
                if field.number == 1, case .bytes(let range) = field.value { data = range }
            }
            let range = data ?? message.count..<message.count
            let json = CanonicalJSON.encode(try StructDecoder.decode(message, in: range))
            if CID.of(json).hasBytes(of: cid) { return json }
        } catch {}
        throw .damaged(cid: cid)
    }

    func info(_ cid: String) async throws(DirectoryError) -> Operations.RecordInfo {
        if let details = try await lookup([cid]).first?.details {
            return Operations.RecordInfo(
                cid: cid, size: details.size, labels: details.labels,
                isPublished: details.isPublished, signatures: details.signatures)
        }
        let count = try await referrers(of: cid, type: Referrer.signatureType).count
        return Operations.RecordInfo(
            cid: cid, size: nil, labels: nil, isPublished: nil, signatures: count)
    }
}
