/// Why an operation was not carried out.
public enum DirectoryError: Error, Equatable {
    /// The record is not accepted.
    case record(RecordError)
    /// These records are not stored here; nothing was done.
    case notFound([String])
    /// A value that cannot be what it is given for.
    case invalid(String)
    /// A key or signature that cannot be, or does not fit: which part, and why.
    case signature(part: String, reason: String)
    /// The gateway's own key cannot be used.
    case signingKey(String)
    /// The store cannot do it now: a full disk, say. Nothing was done.
    case storeUnavailable(String)
    /// What was read back does not hash to its CID.
    case damaged(cid: String)
}
