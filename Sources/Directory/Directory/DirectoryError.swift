public import Records

/// Why an operation was not carried out.
public enum DirectoryError: Error, Equatable, CustomStringConvertible {
    /// The record is not accepted.
    case record(RecordError)
    /// These records are not stored here; nothing was done.
    case notFound([String])
    /// A value is not allowed where it is given.
    case invalid(String)
    /// A key or signature cannot be used; it may be the gateway's own key.
    case key(KeyError)
    /// The store cannot do it now, for example because the disk is full. Nothing was done.
    case storeUnavailable(String)
    /// The remote cannot be synced from.
    case remote(RemoteError)
    /// There is no sync with this id.
    case syncNotFound(String)
    /// The sync has already ended, in this state.
    case syncEnded(String, SyncState)
    /// Too many syncs are waiting already.
    case busy(String)
    /// The stored record cannot be read, or its content does not match its CID.
    case damaged(cid: String)
    /// The query was stopped, because it took longer than `limit`.
    case queryTimeout(limit: Duration)
    /// The caller has cancelled the query.
    case cancelled
    /// The Directory that has the records cannot be reached, or has not answered in time; whether
    /// something was done is not known in the second case.
    case upstreamUnavailable(String)
    /// The Directory that has the records cannot do it, and this gateway cannot do it in its place.
    case upstreamUnsupported(String)
    /// The Directory that has the records has failed, or refuses this gateway.
    case upstreamFailed(String)

    /// The reason, as a clause in lower case.
    public var description: String {
        switch self {
        case .record(.malformed(let reason, _)): reason
        case .record(.invalid(let faults)):
            faults.map { "\($0.pointer) \($0.detail)" }.joined(separator: "; ")
        case .notFound(let cids): "not stored: \(cids.joined(separator: ", "))"
        case .invalid(let reason), .storeUnavailable(let reason): reason
        case .key(let error): error.description
        case .remote(let error): error.reason
        case .syncNotFound(let id): "there is no sync \(id)"
        case .syncEnded(let id, let state): "the sync \(id) has already ended: \(state.name)"
        case .busy(let reason): reason
        case .damaged(let cid): "the stored record \(cid) is damaged"
        case .queryTimeout(let limit): "the query took longer than \(limit)"
        case .cancelled: "the query was cancelled"
        case .upstreamUnavailable(let reason), .upstreamUnsupported(let reason),
            .upstreamFailed(let reason):
            reason
        }
    }
}
