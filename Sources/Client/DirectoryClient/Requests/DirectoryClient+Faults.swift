internal import AsyncHTTPClient
internal import FoundationEssentials
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import Text

extension DirectoryClient {
    /// Returns the error of a response that is not a success.
    func refusal(_ response: HTTPClientResponse, of request: ClientRequest) async
        -> DirectoryClientError
    {
        let status = Int(response.status.code)
        let isProblem = (response.headers.first(name: "Content-Type") ?? "")
            .isMediaType("application/problem+json")
        var problem: Problem
        if isProblem, let body = await problemBody(response),
            let decoded = try? ServerJSON.decode(Problem.self, from: body)
        {
            problem = decoded
            // The status line decides, not the document.
            problem.status = status
            if status == 404, !problem.isGateways {
                return .notAGateway(configuration.server, reason: "it responded with 404")
            }
            if problem.kind.hasBytes(of: "unknown-path") {
                return .notAGateway(
                    configuration.server, reason: "it does not offer this operation")
            }
        } else if isProblem || [401, 403, 407, 408, 429].contains(status) || status >= 500 {
            // A response to HEAD has no body.
            problem = Problem(status: status)
        } else {
            return .notAGateway(configuration.server, reason: "it responded with \(status)")
        }
        if status == 401 || status == 403 { problem.scope = request.scope }
        problem.retryAfter = response.headers.first(name: "Retry-After")
            .flatMap(HeaderNumber.seconds)
        return .refused(problem)
    }

    /// Returns the body of a refusal; nil when it does not arrive whole in time.
    private func problemBody(_ response: HTTPClientResponse) async -> Data? {
        let timeout = configuration.timeout
        let body = try? await withThrowingTaskGroup(of: ByteBuffer.self) { group in
            group.addTask { try await response.body.collect(upTo: 1 << 20) }
            group.addTask {
                try await Task.sleep(for: timeout)
                throw HTTPClientError.readTimeout
            }
            defer { group.cancelAll() }
            return try await group.next()
        }
        return body.map { Data($0.readableBytesView) }
    }

    /// Returns the error of a network failure.
    func clientError(_ error: any Error) -> DirectoryClientError {
        let server = configuration.server
        switch error {
        case let error as DirectoryClientError: return error
        case let error as HTTPClientError
        where [.deadlineExceeded, .readTimeout, .connectTimeout].contains(error):
            return .timedOut(server)
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            return .unreachable(server, reason: "the connection was closed")
        // The response was cut off: a gateway or a proxy crashed.
        case let error as HTTPParserError where error == .invalidEOFState:
            return .unreachable(server, reason: "the connection was closed")
        case is HTTPParserError: return .notAGateway(server, reason: "it does not speak HTTP")
        case let error as NIOConnectionError:
            guard let first = error.connectionErrors.first?.error else {
                return .unreachable(server, reason: "the name has no address")
            }
            return clientError(first)
        case let error as IOError where error.errnoCode == 111:
            return .unreachable(server, reason: "connection refused")
        case ChannelError.connectTimeout: return .timedOut(server)
        case let error as NIOSSLError:
            if case .handshakeFailed = error {
                return .unreachable(
                    server,
                    reason:
                        "no TLS connection: does the server use https, and is its certificate valid?"
                )
            }
            return .unreachable(server, reason: "TLS: \(error)")
        case is CancellationError: return .unreachable(server, reason: "cancelled")
        default: return .unreachable(server, reason: "\(error)")
        }
    }
}
