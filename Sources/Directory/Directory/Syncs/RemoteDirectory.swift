/// Another Directory, as a sync sees it. The implementation decides how it is reached; it bounds the
/// time and the size of every answer.
public protocol RemoteDirectory: Sendable {
    /// A page of the published records.
    /// - Parameter cursor: `next` of the page before; nil for the first.
    func published(after cursor: String?) async throws(RemoteError) -> RemotePage
    /// A record's content, as it came: nobody has looked whether it is what it should be.
    func record(_ cid: String) async throws(RemoteError) -> [UInt8]
    /// The signatures of a record, as they came.
    func signatures(of cid: String) async throws(RemoteError) -> [RemoteSignature]
    /// Lets go of all connections.
    func close() async
}

/// Reaches other Directories.
public protocol RemoteConnector: Sendable {
    /// Finds out whether an address may be reached and can be, as far as that can be known at once.
    /// - Returns: the address in its normal form.
    func check(_ url: String) async throws(RemoteError) -> String
    func connect(_ url: String) async throws(RemoteError) -> any RemoteDirectory
}

/// A page of a remote listing.
public struct RemotePage: Sendable {
    public let items: [Item]
    /// nil on the last page.
    public let next: String?

    public struct Item: Sendable {
        public let cid: String
        /// How many signatures the record has there; nil if the remote does not say.
        public let signatures: Int?

        public init(cid: String, signatures: Int?) {
            self.cid = cid
            self.signatures = signatures
        }
    }

    public init(items: [Item], next: String?) {
        self.items = items
        self.next = next
    }
}

/// A signature, as a remote tells of it.
public struct RemoteSignature: Sendable {
    /// Base64.
    public let signature: String
    /// PEM.
    public let publicKey: String

    public init(signature: String, publicKey: String) {
        self.signature = signature
        self.publicKey = publicKey
    }
}

/// Why a remote did not give what was asked of it.
public struct RemoteError: Error, Equatable, Sendable {
    public enum Kind: Sendable, Equatable {
        /// The text is no address that could be reached.
        case invalidAddress
        /// The address must not be reached from here.
        case forbidden
        /// It may be better in a moment: no connection, no answer in time, overload.
        case unavailable(retryAfter: Duration?)
        /// It has no such thing.
        case notFound
        /// It answered something that is of no use.
        case badAnswer
    }

    public let kind: Kind
    /// For an operator; a clause without a full stop.
    public let reason: String

    public init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }

    /// Whether asking again may help.
    public var isTransient: Bool {
        if case .unavailable = kind { true } else { false }
    }
}
