internal import AsyncHTTPClient
internal import FoundationEssentials
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import Text

extension DirectoryClient {
    /// Tells what an answer means that is no success.
    func refusal(_ response: HTTPClientResponse, of request: ClientRequest) async
        -> DirectoryClientError
    {
        let status = Int(response.status.code)
        let isProblem = (response.headers.first(name: "Content-Type") ?? "")
            .isMediaType("application/problem+json")
        var problem: Problem
        if isProblem, let body = await words(response),
            let words = try? ServerJSON.decode(Problem.self, from: body)
        {
            problem = words
            // What counts is what HTTP says.
            problem.status = status
            if status == 404, !problem.isGateways {
                return .notAGateway(configuration.server, reason: "it answered 404")
            }
            if problem.kind.hasBytes(of: "unknown-path") {
                return .notAGateway(
                    configuration.server, reason: "there is nothing at \(request.path)")
            }
        } else if isProblem || [401, 403, 407, 408, 429].contains(status) || status >= 500 {
            // An answer to HEAD has no words.
            problem = Problem(status: status)
        } else {
            return .notAGateway(configuration.server, reason: "it answered \(status)")
        }
        problem.retryAfter = response.headers.first(name: "Retry-After")
            .flatMap(HeaderNumber.seconds)
        return .refused(problem)
    }

    /// Reads the body of a refusal. One that stops half-way is a refusal without words.
    private func words(_ response: HTTPClientResponse) async -> Data? {
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

    /// Tells what a fault of the network means to the caller.
    func clientError(_ error: any Error) -> DirectoryClientError {
        let server = configuration.server
        switch error {
        case let error as DirectoryClientError: return error
        case let error as HTTPClientError
        where [.deadlineExceeded, .readTimeout, .connectTimeout].contains(error):
            return .timedOut(server)
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            return .unreachable(server, reason: "the connection was closed")
        // An answer that was cut is a gateway's that fell over, or of something in between.
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
                    reason: "no TLS connection: is it https there, and its certificate good?")
            }
            return .unreachable(server, reason: "TLS: \(error)")
        case is CancellationError: return .unreachable(server, reason: "cancelled")
        default: return .unreachable(server, reason: "\(error)")
        }
    }
}
