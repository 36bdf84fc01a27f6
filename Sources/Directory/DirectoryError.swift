public import Records

/// Why an operation was not carried out.
public enum DirectoryError: Error, Equatable, CustomStringConvertible {
    /// The record is not accepted.
    case record(RecordError)
    /// These records are not stored here; nothing was done.
    case notFound([String])
    /// A value that cannot be what it is given for.
    case invalid(String)
    /// A key or signature that cannot be used, the gateway's own key among them.
    case key(KeyError)
    /// The store cannot do it now: a full disk, say. Nothing was done.
    case storeUnavailable(String)
    /// A remote that cannot be synced from.
    case remote(RemoteError)
    /// There is no sync with this id.
    case syncNotFound(String)
    /// The sync has ended already, this way.
    case syncEnded(String, SyncState)
    /// As much is being done as can be.
    case busy(String)
    /// What is stored for this CID cannot be read, or does not hash to it.
    case damaged(cid: String)
    /// The query was given up: it had to look at too much.
    case queryTimeout(limit: Duration)
    /// Whoever asked does not want to know any more.
    case cancelled

    /// What went wrong, in words.
    public var description: String {
        switch self {
        case .record(.malformed(let reason)): reason
        case .record(.invalid(let faults)):
            faults.map { "\($0.pointer) \($0.detail)" }.joined(separator: "; ")
        case .notFound(let cids): "not stored: \(cids.joined(separator: ", "))"
        case .invalid(let reason), .storeUnavailable(let reason): reason
        case .key(let error): error.description
        case .remote(let error): error.reason
        case .syncNotFound(let id): "there is no sync \(id)"
        case .syncEnded(let id, let state): "the sync \(id) has already ended: \(state.name)"
        case .busy(let reason): reason
        case .damaged(let cid): "what is stored under \(cid) is damaged"
        case .queryTimeout(let limit): "the query took longer than \(limit)"
        case .cancelled: "the query was cancelled"
        }
    }
}
