internal import AsyncHTTPClient
internal import FoundationEssentials
internal import NIOHTTP1

/// A request to the gateway, before it is sent.
struct ClientRequest {
    let method: HTTPMethod
    /// Below the address of the gateway, encoded.
    let path: String
    var query: [(String, String)] = []
    var accept = "application/json"
    var contentType: String?
    var body: HTTPClientRequest.Body?
    /// Whether the answer may be silent for long.
    var isStream = false

    init(_ method: HTTPMethod, _ path: String, query: [(String, String)] = []) {
        self.method = method
        self.path = path
        self.query = query
    }

    /// Makes a request with a JSON body.
    init(_ path: String, _ body: some Encodable) {
        self.init(.POST, path)
        contentType = "application/json"
        // Our own types always encode.
        self.body = .bytes((try? JSONEncoder().encode(body)) ?? Data())
    }
}
