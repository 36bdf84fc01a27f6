/// The operations of a Directory, as the faces of the gateway see them: the port to where the records
/// are. `Operations` has them in its own store; another conformer carries them to another Directory.
///
/// Guarantees of every conformer:
/// - An operation that returns has been made, durably, where the records are. One that throws has
///   changed nothing, but for `DirectoryError.upstreamUnavailable`, after which that is not known.
/// - Its events reach the subscribers of this gateway, in the order of the changes.
/// - What a conformer cannot find out is nil in its results, and what it cannot do throws
///   `DirectoryError.upstreamUnsupported`; nothing is made up.
///
/// All methods can be called from any thread, and block none. The doc comments of `Operations` say what
/// each does.
public protocol DirectoryOperations: Sendable {
    /// Stores a record. Storing it again changes nothing and succeeds.
    /// - Parameter json: the record.
    func push(_ json: [UInt8]) async throws(DirectoryError) -> Operations.Pushed
    /// Stores many records. A record that is refused does not stop the others.
    /// - Returns: a result for each, in order.
    func push(many jsons: [[UInt8]]) async -> [Result<Operations.Pushed, DirectoryError>]
    /// Reads a record for a client.
    /// - Parameter isPeek: whether the client only looks at it, so that there is no event.
    func pull(_ cid: String, isPeek: Bool) async throws(DirectoryError) -> Operations.Content
    /// Reads a part of a record that `pull` has found large.
    /// - Parameter place: the offset of the first byte.
    func part(of cid: String, from place: Int) async throws(DirectoryError) -> [UInt8]
    /// Returns a record without its content.
    func info(_ cid: String) async throws(DirectoryError) -> Operations.RecordInfo
    /// Returns a page of records, newest first.
    func list(_ listing: RecordListing) async throws(DirectoryError) -> RecordPage
    /// Deletes a record. Succeeds also when it is not stored.
    func delete(_ cid: String) async throws(DirectoryError)

    /// Publishes records.
    /// - Returns: their CIDs.
    func publish(_ selection: Operations.Selection) async throws(DirectoryError) -> [String]
    /// Withdraws the publication of records.
    /// - Returns: the CIDs, each once.
    func unpublish(_ cids: [String]) async throws(DirectoryError) -> [String]

    /// Signs a record with the gateway's own key.
    func sign(_ cid: String) async throws(DirectoryError) -> StoredSignature
    /// Verifies a signature that was made elsewhere, and stores it.
    func attach(
        _ signature: String, algorithm: String?, publicKey: String, to cid: String
    ) async throws(DirectoryError) -> StoredSignature
    /// Checks the stored signatures of a record.
    /// - Parameter publicKey: PEM; nil for any key.
    func verify(_ cid: String, publicKey: String?) async throws(DirectoryError)
        -> Operations.Verification
    /// Returns the signatures of a record, oldest first.
    func signatures(of cid: String) async throws(DirectoryError) -> [StoredSignature]
    /// Returns the gateway's own public key, PEM.
    func ownPublicKey() async throws(DirectoryError) -> String

    /// Accepts a sync.
    /// - Returns: its id.
    func createSync(_ url: String, cids: [String]) async throws(DirectoryError) -> String
    /// Returns a sync.
    func sync(_ id: String) async throws(DirectoryError) -> Sync
    /// Returns a page of syncs, newest first.
    func listSyncs(limit: Int, after cursor: String?) async throws(DirectoryError) -> SyncPage
    /// Cancels a sync.
    func cancelSync(_ id: String) async throws(DirectoryError)
}

extension Operations: DirectoryOperations {
    /// Accepts a sync.
    public func createSync(_ url: String, cids: [String]) async throws(DirectoryError) -> String {
        try await syncs.create(url, cids: cids)
    }

    /// Returns a sync.
    public func sync(_ id: String) async throws(DirectoryError) -> Sync {
        try await syncs.status(id)
    }

    /// Returns a page of syncs, newest first.
    public func listSyncs(limit: Int, after cursor: String?) async throws(DirectoryError)
        -> SyncPage
    {
        try await syncs.list(limit: limit, after: cursor)
    }

    /// Cancels a sync.
    public func cancelSync(_ id: String) async throws(DirectoryError) {
        try await syncs.cancel(id)
    }
}
