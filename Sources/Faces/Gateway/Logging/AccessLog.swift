internal import Authentication
internal import EventHub
internal import Events
internal import Frames
internal import HTTPServer
internal import HTTPTypes
internal import Logging
internal import TLS

/// The log lines about clients: requests, streams, slow subscribers. Can be used from any thread.
struct AccessLog: Sendable {
    let logger: Logger
    /// Whether each request and stream is logged.
    let isEnabled: Bool
    let clock: GatewayClock

    /// Logs a request that has its response. The path alone: a query may contain secrets.
    func request(
        _ head: RequestHead, _ client: Client, status: Int, bytes: Int, since began: Duration
    ) {
        guard isEnabled else { return }
        logger.info(
            "request",
            metadata: [
                "method": "\(head.method.rawValue)", "path": "\(head.path)", "status": "\(status)",
                "bytes": "\(bytes)", "duration_ms": "\((clock.monotonic() - began).brief)",
                "address": "\(client.peer.address)", "subject": "\(client.subject)",
            ])
    }

    /// Logs a request that could not be parsed.
    func malformed(_ error: HTTPProtocolError, from address: String) {
        guard isEnabled else { return }
        logger.info(
            "malformed request",
            metadata: [
                "status": "\(error.status)", "reason": "\(error.reason)", "address": "\(address)",
            ])
    }

    /// Logs a TLS handshake that failed.
    func handshakeFailed(_ failure: TLSFailure, from address: String) {
        guard isEnabled else { return }
        logger.info(
            "a TLS handshake failed",
            metadata: [
                "kind": "\(failure.kind.name)", "reason": "\(failure.reason)",
                "address": "\(address)",
            ])
    }

    /// Logs a stream that has ended.
    /// - Parameter subject: the name of who subscribed.
    func ended(_ subscriber: Subscriber, subject: String) {
        guard isEnabled else { return }
        let request = subscriber.request
        let isGRPC = request.encoding.isGRPC
        let duration: Duration = .microseconds(max(0, clock.wall() - request.since))
        logger.info(
            "stream",
            metadata: [
                "method": "\(isGRPC ? "POST" : "GET")", "status": "200", "subject": "\(subject)",
                "subscriber": "\(request.id)", "address": "\(request.address)",
                "path": "\(isGRPC ? LoopGRPCHost.listenPath : "/events")",
                "filter": "\(request.filter.summary)",
                "bytes": "\(subscriber.sink.bytesSent)", "delivered": "\(subscriber.delivered)",
                "dropped": "\(subscriber.dropped)", "duration_ms": "\(duration.brief)",
            ])
    }

    /// Logs that events were dropped for a subscriber.
    func slow(_ subscriber: Subscriber, drops: Int) {
        let request = subscriber.request
        logger.warning(
            "events were dropped for a slow subscriber",
            metadata: [
                "subscriber": "\(request.id)", "address": "\(request.address)",
                "filter": "\(request.filter.summary)", "dropped": "\(drops)",
            ])
    }
}

/// Who makes a request, for the log.
struct Client {
    /// The other end of the connection, or the client behind trusted proxies.
    let peer: Peer
    /// The name of the subject.
    var subject = Subject.anonymous.name
}

extension Duration {
    /// The duration in milliseconds, as `1.234`, for the log.
    var brief: String {
        let micros = max(0, Int(self / .microseconds(1)))
        let digits = String(1000 + micros % 1000).utf8.dropFirst()
        return "\(micros / 1000).\(Substring(digits))"
    }

    var milliseconds: Int { Int(self / .milliseconds(1)) }
}
