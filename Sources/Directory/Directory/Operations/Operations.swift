public import Events
public import Logging
internal import Records
internal import Text

/// What a Directory does. Written once and called by every face: HTTP now, others later.
///
/// Safe to call from anywhere; nothing here blocks the caller's thread.
public final class Operations: Sendable {
    let store: Store
    let events: any EventSink
    let signingKey: SigningKeyFile
    /// The copying from other Directories.
    public let syncs: Syncs
    let logger: Logger
    /// Microseconds since 1970.
    let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - signingKey: the gateway's own key.
    ///   - remotes: reaches the Directories that syncs copy from.
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

    /// Checks that these are CIDs; whether records have them is another matter.
    static func check(cids: [String]) throws(DirectoryError) {
        for cid in cids where !CID.isValid(cid) {
            throw .invalid("'\(cid.clipped(to: 64))' is no cid (a CIDv1 in base32)")
        }
    }
}
