internal import Authentication
internal import Directory
internal import EventHub
internal import Events
internal import Frames
internal import HTTPServer
internal import HTTPTypes
internal import Logging
internal import Text

/// The HTTP face of one loop: finds the route of a request, sends the response of its handler, and
/// counts and logs it. Belongs to the loop.
final class HTTPFace {
    /// What the faces of all loops share.
    struct Shared: Sendable {
        let router: Router
        let dashboard: Dashboard
        let cors: CORSPolicy
        let admission: Admission
        let access: AccessControl
        let memory: MemoryBudget
        let keyed: KeyedRequests
        let log: AccessLog
        /// The most bytes of a body.
        let bodyLimit: Int
        /// The time after which the client of a stream reconnects.
        let retry: Duration
        /// The fields of a stream, which say how long it may be silent.
        let streamFields: StreamFields
        /// Finds where in the event log a stream begins.
        let past: PastQuery
    }

    var statistics = LoopStatistics()
    let shared: Shared
    private let hub: LoopHub
    private let access: StreamAccess

    init(_ shared: Shared, hub: LoopHub, access: StreamAccess) {
        self.shared = shared
        self.hub = hub
        self.access = access
    }

    /// Handles one request.
    func respond(to exchange: consuming Exchange) async {
        let began = now
        let head = exchange.request
        let peer = shared.access.client(of: exchange.peer, head)
        var client = Client(peer: peer)
        do {
            var (route, request) = try route(head, body: exchange.body, peer: peer)
            guard let route else {
                return finish(exchange, client, try fallback(head), route: "static", began: began)
            }
            request.subject = try await shared.access.admit(
                head, peer, scope: route.scope, isLimited: route.admission == .operation,
                as: &client.subject)
            switch try await handle(route, request) {
            case .response(let response):
                finish(exchange, client, response, route: route.pattern, began: began)
            case .body(let fields, let length, let write):
                await sendBody(
                    exchange, client, fields, length: length, write, route: route.pattern,
                    began: began)
            case .lines(let write):
                await sendLines(exchange, client, write, route: route.pattern, began: began)
            case .events(let subscription):
                subscribe(exchange, subscription, client, began: began)
            }
        } catch {
            let pattern = (try? shared.router.match(head.method, head.path))?.route.pattern
            finish(
                exchange, client, problem(error).response, route: pattern ?? "unknown", began: began
            )
        }
    }

    private func handle(_ route: Route, _ request: Request) async throws -> RouteResponse {
        guard route.takesKey, let key = try KeyedRequests.key(request.head) else {
            return try await route.handle(request)
        }
        return try await shared.keyed.respond(to: request, with: key, route.handle)
    }

    private func route(_ head: RequestHead, body: RequestBody, peer: Peer) throws(Problem) -> (
        Route?, Request
    ) {
        try shared.access.checkHost(head)
        let match = head.method == .options ? nil : try shared.router.match(head.method, head.path)
        // Probes and scrapers have a listener of their own, which serves nothing else.
        if peer.isAdmin, match?.route.admission != .vital { throw .unknownPath(head.path) }
        let query = try Query(head.query)
        // The dashboard keeps its own state in the query of its page.
        if let match { try query.allowOnly(match.route.parameters.map(\.name)) }
        let request = Request(
            head: head, body: body, peer: peer, query: query, parameters: match?.parameters ?? [:],
            bodyLimit: shared.bodyLimit)
        do { try shared.admission.check(match?.route.admission ?? .operation, peer) } catch {
            statistics.countRejection(error.reason.name)
            throw .full(error.reason, retryAfter: Admission.retryAfter)
        }
        if let accepted = match?.route.accepts, !accepted.isEmpty {
            try request.checkType(accepted)
        }
        return (match?.route, request)
    }

    /// Returns the response to a preflight, or a file of the dashboard.
    private func fallback(_ head: RequestHead) throws(Problem) -> Response {
        var methods = shared.router.methods(head.path)
        let path = try percentDecoded(head.path)
        let file = shared.dashboard.response(path, ifNoneMatch: head.field(.ifNoneMatch))
        if file != nil, methods.isEmpty { methods = ["GET", "HEAD", "OPTIONS"] }
        if head.path.hasBytes(of: "*") { methods = ["DELETE", "GET", "HEAD", "OPTIONS", "POST"] }
        guard !methods.isEmpty else { throw .unknownPath(path) }
        switch head.method {
        case .options:
            var fields = shared.cors.preflight(methods)
            fields[.allow] = methods.joined(separator: ", ")
            return Response(status: .noContent, fields: fields)
        case .get, .head:
            guard let file else { throw .unknownPath(path) }
            return file
        default: throw .wrongMethod(head.method.rawValue, path, allowed: methods)
        }
    }

    func finish(
        _ exchange: consuming Exchange, _ client: Client, _ response: Response, route: String,
        began: Duration
    ) {
        let head = exchange.request
        var response = response
        response.fields.append(contentsOf: shared.cors.fields(for: head.fields))
        let bytes = exchange.respond(response)
        account(head, client, route, response.status.code, bytes, began)
    }

    private func sendBody(
        _ exchange: consuming Exchange, _ client: Client, _ fields: HTTPFields, length: Int,
        _ write: (consuming ResponseWriter) async throws -> Void, route: String, began: Duration
    ) async {
        let head = exchange.request
        var all = fields
        all.append(contentsOf: shared.cors.fields(for: head.fields))
        let writer = exchange.respond(status: .ok, fields: all, length: length)
        do { try await write(writer) } catch { cutOff(error) }
        account(head, client, route, 200, length, began)
    }

    private func sendLines(
        _ exchange: consuming Exchange, _ client: Client,
        _ write: (consuming LineWriter) async throws -> Void,
        route: String, began: Duration
    ) async {
        let head = exchange.request
        var fields = shared.cors.fields(for: head.fields)
        fields[.contentType] = "application/x-ndjson"
        fields[.cacheControl] = "no-store"
        var bytes = 0
        let writer = LineWriter(exchange.respond(status: .ok, fields: fields)) { bytes += $0 }
        do { try await write(writer) } catch { cutOff(error) }
        account(head, client, route, 200, bytes, began)
    }

    private func cutOff(_ error: any Error) {
        shared.log.logger.info("a response was cut off", metadata: ["reason": "\(error)"])
    }

    private func account(
        _ head: RequestHead, _ client: Client, _ route: String, _ code: Int, _ bytes: Int,
        _ began: Duration
    ) {
        statistics.record(route: route, code: code, took: now - began)
        shared.log.request(head, client, status: code, bytes: bytes, since: began)
    }

    private func problem(_ error: any Error) -> Problem {
        if let problem = error as? Problem { return problem }
        let logger = shared.log.logger
        if let error = error as? DirectoryError {
            if case .storeUnavailable(let reason) = error {
                logger.error("the store is unavailable", metadata: ["reason": "\(reason)"])
            }
            return Problem(error)
        }
        logger.error("an unexpected error", metadata: ["error": "\(error)"])
        return .internalError("The gateway failed to handle the request.")
    }

    private var now: Duration { shared.log.clock.monotonic() }

    // MARK: Streams

    private func subscribe(
        _ exchange: consuming Exchange, _ subscription: RouteResponse.Subscription,
        _ client: Client,
        began: Duration
    ) {
        let peer = client.peer
        let items = subscription.filter.itemCount
        let id: Int
        do { id = try shared.admission.admitStream(peer, items: items) } catch {
            return refuseStream(exchange, client, error.reason, subscription, began: began)
        }
        let request = Subscriber.Request(
            id: id, filter: subscription.filter, encoding: subscription.encoding,
            address: peer.address, userAgent: exchange.request.userAgent,
            since: shared.log.clock.wall())
        var fields = shared.streamFields.fields(subscription.encoding)
        let cors = shared.cors.fields(for: exchange.request.fields)
        if !cors.isEmpty { fields.append(contentsOf: cors) }
        let opening = subscription.encoding.opening(retry: shared.retry.milliseconds)
        let (reset, place) = begin(subscription.past, subscription.encoding)
        hub.expectSubscriber()
        let sink = exchange.openEventStream(fields: fields, first: opening + reset)
        if let subscriber = hub.subscribe(request, sink: sink, from: place) {
            access.add(subscriber, subscription.subject)
        } else {
            shared.admission.releaseStream(address: peer.address, items: items)
        }
        statistics.record(route: "/events", code: 200, took: now - began)
    }

    /// Begins a stream in the past, or counts that it cannot.
    /// - Returns: the notice of a reset, if it is one, and where the stream begins; nil: live.
    func begin(_ start: EventLogStart?, _ encoding: EventEncoding) -> ([UInt8], EventPlace?) {
        switch start {
        case .known(let place): return ([], place)
        case .unknown(let reset):
            statistics.countReset(reset.cause.name)
            return (encoding.reset(reset), nil)
        case .cut(let place, let reset):
            statistics.countReset(reset.cause.name)
            return (encoding.reset(reset), place)
        case nil: return ([], nil)
        }
    }

    /// Refuses a stream. An `EventSource` gets an empty stream with a retry time, because it would
    /// not reconnect after an error status; other clients get a problem.
    private func refuseStream(
        _ exchange: consuming Exchange, _ client: Client, _ reason: Refusal,
        _ subscription: RouteResponse.Subscription, began: Duration
    ) {
        statistics.countRejection(reason.name)
        let wait = Admission.streamRetry(base: shared.retry).milliseconds
        let accept = exchange.request.field(.accept)
        let type = EventEncoding.serverSentEvents.mediaType
        var response = Problem.full(reason, retryAfter: (wait + 999) / 1000).response
        if subscription.encoding == .serverSentEvents, MediaType.isNamed(type, in: accept) {
            response = Response(
                status: .ok, fields: StreamFields.common(.serverSentEvents),
                body: EventEncoding.retryLater(retry: wait, reason: reason.sentence))
        }
        finish(exchange, client, response, route: "/events", began: began)
    }
}
