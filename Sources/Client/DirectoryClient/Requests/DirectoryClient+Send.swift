internal import AsyncHTTPClient
internal import FoundationEssentials
internal import NIOCore
internal import NIOHTTP1
internal import Text

extension DirectoryClient {
    /// Sends a request and returns the whole response.
    /// - Throws: `DirectoryClientError`, also for every status that is not a success.
    func response(to request: ClientRequest) async throws(DirectoryClientError) -> (
        status: Int, body: Data, headers: HTTPHeaders
    ) {
        let response = try await send(request)
        do {
            let body = try await response.body.collect(upTo: 1 << 30)
            return (Int(response.status.code), Data(body.readableBytesView), response.headers)
        } catch {
            throw clientError(error)
        }
    }

    /// Sends a request and decodes its response as JSON.
    /// - Throws: `DirectoryClientError`.
    func decode<T: Decodable>(_ type: T.Type, _ request: ClientRequest)
        async throws(DirectoryClientError) -> T
    {
        let body = try await response(to: request).body
        do { return try ServerJSON.decode(type, from: body) } catch {
            throw .notAGateway(
                configuration.server, reason: "its response is not the expected document")
        }
    }

    /// Deletes the resource at a path.
    /// - Throws: `DirectoryClientError`, also for another success than 204: a gateway sends 204.
    func remove(_ path: String) async throws(DirectoryClientError) {
        let status = try await response(to: ClientRequest(.DELETE, path)).status
        guard status == 204 else {
            throw .notAGateway(
                configuration.server, reason: "it responded with \(status) to a deletion")
        }
    }

    /// The program, if it has a name, and this library (RFC 9110 §10.1.5).
    private var userAgent: String {
        let library = "directory-client/\(ProductVersion.current)"
        return configuration.program.map { "\($0) \(library)" } ?? library
    }

    /// Sends a request; returns when the response begins.
    /// - Throws: `DirectoryClientError`, also for every status that is not a success.
    func send(_ request: ClientRequest) async throws(DirectoryClientError) -> HTTPClientResponse {
        var target = "\(configuration.server)\(request.path)"
        if !request.query.isEmpty {
            target += "?"
            target += request.query.map { "\($0)=\(PercentCoding.encode($1))" }.joined(
                separator: "&")
        }
        var message = HTTPClientRequest(url: target)
        message.method = request.method
        message.headers.add(name: "Accept", value: request.accept)
        message.headers.add(name: "User-Agent", value: userAgent)
        if let token = configuration.token {
            message.headers.add(name: "Authorization", value: "Bearer \(token)")
        }
        if let type = request.contentType { message.headers.add(name: "Content-Type", value: type) }
        if let id = request.lastEventID { message.headers.add(name: "Last-Event-ID", value: id) }
        message.body = request.body
        let response: HTTPClientResponse
        do {
            let http = request.isStream ? streams : operations
            response = try await http.execute(message, timeout: TimeAmount(configuration.timeout))
        } catch {
            throw clientError(error)
        }
        guard (200..<300).contains(response.status.code) else {
            throw await refusal(response, of: request)
        }
        return response
    }
}
