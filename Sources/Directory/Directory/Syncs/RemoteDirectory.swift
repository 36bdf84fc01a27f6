/// Another Directory, from which a sync copies. The implementation bounds the time and the size of
/// every response.
public protocol RemoteDirectory: Sendable {
    /// Returns a page of the published records.
    /// - Parameter cursor: `next` of the previous page; nil for the first.
    func published(after cursor: String?) async throws(RemoteError) -> RemotePage
    /// Returns the content of a record. It is not validated.
    func record(_ cid: String) async throws(RemoteError) -> [UInt8]
    /// Returns the signatures of a record. They are not verified.
    func signatures(of cid: String) async throws(RemoteError) -> [RemoteSignature]
    /// Closes all connections.
    func close() async
}

/// Connects to other Directories.
public protocol RemoteConnector: Sendable {
    /// Checks that an address is allowed and responds.
    /// - Returns: the address in its normal form.
    /// - Throws: `RemoteError` of the kinds `invalidAddress`, `forbidden` and `unavailable`.
    func check(_ url: String) async throws(RemoteError) -> String
    /// Connects to the Directory at an address.
    func connect(_ url: String) async throws(RemoteError) -> any RemoteDirectory
}

/// A page of a remote listing.
public struct RemotePage: Sendable {
    /// The records of the page.
    public let items: [Item]
    /// The cursor of the next page; nil on the last page.
    public let next: String?

    /// A record in the listing.
    public struct Item: Sendable {
        /// The CID; not validated.
        public let cid: String
        /// The number of its signatures; nil if the remote does not send it.
        public let signatures: Int?

        /// Makes a record in the listing.
        public init(cid: String, signatures: Int?) {
            self.cid = cid
            self.signatures = signatures
        }
    }

    /// Makes a page.
    public init(items: [Item], next: String?) {
        self.items = items
        self.next = next
    }
}

/// A signature from a remote; not verified.
public struct RemoteSignature: Sendable {
    /// Base64.
    public let signature: String
    /// PEM.
    public let publicKey: String

    /// Makes a signature.
    public init(signature: String, publicKey: String) {
        self.signature = signature
        self.publicKey = publicKey
    }
}

/// Why a request to a remote failed.
public struct RemoteError: Error, Equatable, Sendable {
    /// What the caller can do about it.
    public enum Kind: Sendable, Equatable {
        /// The address is malformed.
        case invalidAddress
        /// The policy of this gateway does not allow the address.
        case forbidden
        /// A transient error: no connection, no response in time, overload. `retryAfter` is the pause
        /// that the remote asks for.
        case unavailable(retryAfter: Duration?)
        /// The remote does not have the record.
        case notFound
        /// The remote sent an invalid response.
        case badAnswer
    }

    /// The kind of the error.
    public let kind: Kind
    /// For an operator: a clause without a full stop, whose subject is the remote.
    public let reason: String

    /// Makes an error.
    public init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }

    /// Whether a retry may succeed.
    public var isTransient: Bool {
        if case .unavailable = kind { true } else { false }
    }
}
