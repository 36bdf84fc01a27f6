internal import AsyncHTTPClient
internal import FoundationEssentials
internal import NIOHTTP1
internal import Text

/// A request to the gateway, before it is sent.
struct ClientRequest {
    let method: HTTPMethod
    /// The path below the address of the gateway, percent-encoded.
    let path: String
    var query: [(String, String)] = []
    var accept = "application/json"
    var contentType: String?
    /// Where a stream goes on: the value of `Last-Event-ID`.
    var lastEventID: String?
    var body: HTTPClientRequest.Body?
    /// Whether the response may be silent for long.
    var isStream = false

    /// Makes a request without a body.
    init(_ method: HTTPMethod, _ path: String, query: [(String, String)] = []) {
        self.method = method
        self.path = path
        self.query = query
    }

    /// Makes a request with a JSON body.
    init(_ path: String, _ body: some Encodable) {
        self.init(.POST, path)
        contentType = "application/json"
        // The types of this module always encode.
        self.body = .bytes((try? JSONEncoder().encode(body)) ?? Data())
    }
}

extension ClientRequest {
    /// The scope that a token needs for this request, as the gateway's routes declare it.
    var scope: String {
        if path.hasBytePrefix("/events") { return "events:read" }
        if path.hasBytePrefix("/subscribers") { return "admin" }
        let reads = method == .GET || method == .HEAD || path.hasBytes(of: "/verify")
        return reads ? "records:read" : "records:write"
    }
}
