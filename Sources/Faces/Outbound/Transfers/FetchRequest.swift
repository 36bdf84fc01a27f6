internal import Libevent

/// One GET, and what it may cost.
struct FetchRequest: Sendable {
    /// `http` or `https`; its host is who is asked, and whose certificate is expected.
    var url: String
    /// Where the connection goes, whatever the host of the URL stands for.
    var address: SocketAddress
    /// Whether an address may be reached. Asked on the loop's thread: for each socket before it
    /// connects, and for each connection before a request leaves on it.
    var admits: @Sendable (SocketAddress) -> Bool
    /// Ends with the connection; nothing is sent.
    var connectsOnly = false
    var userAgent = ""
    /// A file of certificates to trust; nil means those of the system.
    var authorities: String?
    /// For a connection to come about.
    var connectTimeout: Duration
    /// For the whole: waiting for a connection, connecting, and the response.
    var timeout: Duration
    /// Of status lines and fields, in bytes.
    var headLimit = 0
    /// In bytes.
    var bodyLimit = 0
}

/// What came back.
struct FetchResponse: Sendable {
    let status: Int
    /// The field `Location`, as it came.
    let location: String?
    /// The field `Retry-After`, as it came.
    let retryAfter: String?
    /// Empty unless the status is 200: nobody reads the body of a refusal.
    let body: [UInt8]
}

/// Why nothing came back.
enum FetchError: Error, Sendable, Equatable {
    /// The connection would have gone, or went, to an address that may not be reached.
    case forbidden(SocketAddress)
    /// Not in the time that was given.
    case timedOut
    /// The peer closed the connection before all had come.
    case closed
    /// What came is not HTTP.
    case notHTTP(String)
    case headTooLarge
    case bodyTooLarge
    /// No connection, or it broke: in the words of curl or of the system.
    case failed(String)
    /// The task was cancelled, or the fetcher closed.
    case cancelled
}
