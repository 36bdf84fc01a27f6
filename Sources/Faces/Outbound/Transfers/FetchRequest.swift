internal import Addresses

/// One request, and its limits: a GET, or a POST if it has a body.
struct FetchRequest: Sendable {
    /// `http` or `https`. Its host is sent as `Host`, and its certificate is expected.
    var url: String
    /// The address of the connection, whatever the host of the URL resolves to.
    var address: SocketAddress
    /// Returns whether an address may be reached. Called on the loop's thread: for each socket before
    /// it connects, and for each connection before a request is sent on it.
    var admits: @Sendable (SocketAddress) -> Bool
    /// Whether the request ends when the connection is made, and sends nothing.
    var connectsOnly = false
    var userAgent = ""
    /// Further header fields, each as `Name: value`, without controls and with a value.
    var fields: [String] = ["Accept: application/json"]
    /// The body of a POST; nil for a GET.
    var content: [UInt8]?
    /// A file of trusted certificates (PEM); nil means those of the system.
    var authorities: String?
    /// For making the connection.
    var connectTimeout: Duration
    /// For the whole request: waiting for a connection, connecting, and the response.
    var timeout: Duration
    /// The maximum size of status lines and fields, in bytes.
    var headLimit = 0
    /// The maximum size of the body, in bytes.
    var bodyLimit = 0
    /// Whether the first `bodyLimit` bytes of every response are wanted, whatever its status. Then
    /// the status decides: what follows its head is not waited for, and may break off.
    var keepsBeginning = false
}

/// The response to a `FetchRequest`.
struct FetchResponse: Sendable {
    let status: Int
    /// The field `Location`, as received.
    let location: String?
    /// The field `Retry-After`, as received.
    let retryAfter: String?
    /// Empty unless the status is 200, or `keepsBeginning`: the body of an error is not needed.
    let body: [UInt8]
}

/// Why a request failed.
enum FetchError: Error, Sendable, Equatable {
    /// The address of the connection is not allowed.
    case forbidden(SocketAddress)
    /// The timeout passed.
    case timedOut
    /// The peer closed the connection before the response was complete.
    case closed
    /// The response is not HTTP.
    case notHTTP(String)
    /// Status lines and fields exceed `headLimit`.
    case headTooLarge
    /// The body exceeds `bodyLimit`.
    case bodyTooLarge
    /// The connection failed; the text is curl's or the system's.
    case failed(String)
    /// The task was cancelled, or the fetcher was closed.
    case cancelled
}
