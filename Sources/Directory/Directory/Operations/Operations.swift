public import Events
public import Logging
internal import Records
internal import Text

/// The operations of a Directory. Every interface calls them: HTTP now, others later.
///
/// Safe to call from any thread. Nothing here blocks the caller's thread.
public final class Operations: Sendable {
    let store: Store
    let events: any EventSink
    let signingKey: SigningKeyFile
    /// The syncs from other Directories.
    public let syncs: Syncs
    let logger: Logger
    /// Returns the time, microseconds since 1970.
    public let now: @Sendable () -> Int64

    /// Makes the operations on a store.
    /// - Parameters:
    ///   - events: receives the events of reads; those of changes go to the sink of the store.
    ///   - signingKey: the gateway's own key.
    ///   - remotes: connects to the Directories that syncs copy from.
    ///   - now: returns the time, microseconds since 1970.
    public init(
        store: Store, events: any EventSink, signingKey: SigningKeyFile,
        remotes: any RemoteConnector, syncPolicy: SyncPolicy = SyncPolicy(), logger: Logger,
        now: @escaping @Sendable () -> Int64
    ) {
        self.store = store
        self.events = events
        self.signingKey = signingKey
        syncs = Syncs(
            store: store, connector: remotes, policy: syncPolicy, logger: logger, now: now)
        self.logger = logger
        self.now = now
    }

    /// Checks that the texts are CIDs, but not that records with them are stored.
    /// - Throws: `DirectoryError.invalid`.
    package static func check(cids: [String]) throws(DirectoryError) {
        for cid in cids where !CID.isValid(cid) {
            throw .invalid("'\(cid.clipped(to: 64))' is not a cid (CIDv1 in base32)")
        }
    }
}
