internal import Directory
internal import EventHub
internal import Events
internal import HTTPServer
internal import HTTPTypes
internal import Logging
internal import Text

/// Routing a request, and sending the response of its route.
extension GatewayLoop {
    func respond(to exchange: consuming Exchange) async {
        runningHandlers += 1
        defer { runningHandlers -= 1 }
        let began = context.clock.monotonic()
        let head = exchange.request
        do {
            let (route, request) = try route(
                head, body: exchange.body, address: exchange.remoteAddress,
                admission: exchange.admission)
            guard let route else {
                return finish(exchange, try fallback(head), route: "static", began: began)
            }
            switch try await route.handle(self, request) {
            case .response(let response):
                finish(exchange, response, route: route.pattern, began: began)
            case .body(let fields, let length, let write):
                await sendBody(
                    exchange, fields, length: length, write, route: route.pattern, began: began)
            case .lines(let write):
                await sendLines(exchange, write, route: route.pattern, began: began)
            case .events(let subscription):
                subscribe(exchange, subscription, began: began)
            }
        } catch {
            let pattern = (try? context.router.match(head.method, head.path))?.route.pattern
            finish(exchange, problem(error).response, route: pattern ?? "unknown", began: began)
        }
    }

    private func route(
        _ head: RequestHead, body: RequestBody, address: String,
        admission: ConnectionLimiter.Admission
    ) throws(Problem) -> (Route?, Request) {
        let match = head.method == .options ? nil : try context.router.match(head.method, head.path)
        let query = try Query(head.query)
        // The dashboard keeps its own state in the query of its page.
        if let match { try query.allowOnly(match.route.parameters.map(\.name)) }
        let request = Request(
            head: head, body: body, remoteAddress: address, query: query,
            parameters: match?.parameters ?? [:], admission: admission,
            bodyLimit: context.settings.bodyLimit)
        // The route of a stream refuses it itself, so that an `EventSource` reconnects.
        if let refusal = request.refusal, match?.route.refusesWhenFull ?? true {
            statistics.rejected[ExactString(refusal.name), default: 0] += 1
            throw .full(refusal, retryAfter: 5)
        }
        if let accepted = match?.route.accepts, !accepted.isEmpty,
            !accepted.contains(bytesOf: request.contentType)
        {
            throw .unsupportedType(request.contentType, accepted: accepted)
        }
        if let accepted = match?.route.accepts, !accepted.isEmpty {
            try checkCoding(head, accepted)
        }
        return (match?.route, request)
    }

    /// Checks that a body has no content coding and is in UTF-8.
    private func checkCoding(_ head: RequestHead, _ accepted: [String]) throws(Problem) {
        if let coding = head.fields[.contentEncoding], !coding.equalsIgnoringASCIICase("identity") {
            throw .unsupportedType(
                "with Content-Encoding \(coding.clipped(to: 64))", accepted: accepted)
        }
        let charset = MediaType.charset(head.fields[.contentType] ?? "")
        if let charset, !["utf-8", "us-ascii"].contains(bytesOf: charset) {
            throw .unsupportedType("in \(charset)", accepted: accepted)
        }
    }

    /// Returns the response to a preflight, or a file of the dashboard.
    private func fallback(_ head: RequestHead) throws(Problem) -> Response {
        var methods = context.router.methods(head.path)
        let path = try percentDecoded(head.path)
        let file = context.dashboard.response(path, ifNoneMatch: head.fields[.ifNoneMatch])
        if file != nil, methods.isEmpty { methods = ["GET", "HEAD", "OPTIONS"] }
        if head.path.hasBytes(of: "*") { methods = ["DELETE", "GET", "HEAD", "OPTIONS", "POST"] }
        guard !methods.isEmpty else { throw .unknownPath(path) }
        switch head.method {
        case .options:
            var fields = context.cors.preflight(methods)
            fields[.allow] = methods.joined(separator: ", ")
            return Response(status: .noContent, fields: fields)
        case .get, .head:
            guard let file else { throw .unknownPath(path) }
            return file
        default: throw .wrongMethod(head.method.rawValue, path, allowed: methods)
        }
    }

    private func finish(
        _ exchange: consuming Exchange, _ response: Response, route: String, began: Duration
    ) {
        let head = exchange.request
        let address = exchange.remoteAddress
        var response = response
        response.fields.append(contentsOf: context.cors.fields(for: head.fields))
        let bytes = exchange.respond(response)
        account(head, address, route, response.status.code, bytes, began)
    }

    private func sendBody(
        _ exchange: consuming Exchange, _ fields: HTTPFields, length: Int,
        _ write: (consuming ResponseWriter) async throws -> Void, route: String, began: Duration
    ) async {
        let head = exchange.request
        let address = exchange.remoteAddress
        var all = fields
        all.append(contentsOf: context.cors.fields(for: head.fields))
        let writer = exchange.respond(status: .ok, fields: all, length: length)
        do { try await write(writer) } catch {
            context.logger.info("a response was cut off", metadata: ["reason": "\(error)"])
        }
        account(head, address, route, 200, length, began)
    }

    private func sendLines(
        _ exchange: consuming Exchange, _ write: (consuming LineWriter) async throws -> Void,
        route: String, began: Duration
    ) async {
        let head = exchange.request
        let address = exchange.remoteAddress
        var fields = context.cors.fields(for: head.fields)
        fields[.contentType] = "application/x-ndjson"
        fields[.cacheControl] = "no-store"
        var bytes = 0
        let writer = LineWriter(exchange.respond(status: .ok, fields: fields)) { bytes += $0 }
        do { try await write(writer) } catch {
            context.logger.info("a response was cut off", metadata: ["reason": "\(error)"])
        }
        account(head, address, route, 200, bytes, began)
    }

    private func subscribe(
        _ exchange: consuming Exchange, _ subscription: RouteResponse.Subscription, began: Duration
    ) {
        if let refusal = subscription.refusal {
            return refuseStream(exchange, refusal, subscription, began: began)
        }
        let id: Int
        do {
            id = try context.subscribers.acquire(
                exchange.addressKey, items: subscription.filter.itemCount)
        } catch {
            return refuseStream(exchange, error.reason, subscription, began: began)
        }
        var fields = context.cors.fields(for: exchange.request.fields)
        fields.append(
            contentsOf: Self.streamFields(
                subscription.encoding, heartbeat: context.settings.heartbeatSeconds))
        openStream(exchange, subscription, id: id, fields: fields, began: began)
    }

    /// Refuses a stream. An `EventSource` gets an empty stream with a retry time, because it would
    /// not reconnect after an error status; other clients get a problem.
    private func refuseStream(
        _ exchange: consuming Exchange, _ reason: Refusal,
        _ subscription: RouteResponse.Subscription,
        began: Duration
    ) {
        statistics.rejected[ExactString(reason.name), default: 0] += 1
        let wait = context.settings.retry.milliseconds + Int.random(in: 0...7000)
        let accept = exchange.request.fields[.accept]
        let type = EventEncoding.serverSentEvents.mediaType
        guard subscription.encoding == .serverSentEvents, MediaType.isNamed(type, in: accept) else {
            let problem = Problem.full(reason, retryAfter: (wait + 999) / 1000)
            return finish(exchange, problem.response, route: "/events", began: began)
        }
        let body = EventEncoding.retryLater(retry: wait, reason: reason.sentence)
        let fields = Self.streamFields(.serverSentEvents)
        finish(
            exchange, Response(status: .ok, fields: fields, body: body), route: "/events",
            began: began)
    }

    /// Returns the header fields of a stream. Caches must not store it, and proxies must not buffer
    /// or transform it.
    static func streamFields(_ encoding: EventEncoding, heartbeat interval: String? = nil)
        -> HTTPFields
    {
        var fields: HTTPFields = [
            .contentType: encoding.contentType, .cacheControl: "no-store, no-transform",
        ]
        if let name = unbuffered { fields[name] = "no" }
        if let name = heartbeat, let interval { fields[name] = interval }
        return fields
    }

    /// The longest silence of a stream, in seconds. A client that receives nothing for longer knows
    /// that the connection is lost.
    private static let heartbeat = HTTPField.Name("Directory-Heartbeat-Interval")

    private static let unbuffered = HTTPField.Name("X-Accel-Buffering")

    private func account(
        _ head: RequestHead, _ address: String, _ route: String, _ code: Int, _ bytes: Int,
        _ began: Duration
    ) {
        record(route: route, code: code, since: began)
        guard context.settings.logsAccess else { return }
        // The path alone: a query may contain secrets.
        context.logger.info(
            "request",
            metadata: [
                "method": "\(head.method.rawValue)", "path": "\(head.path)", "status": "\(code)",
                "bytes": "\(bytes)", "duration_ms": "\(elapsed(since: began).brief)",
                "address": "\(address)",
                "subject": "anonymous",
            ])
    }

    private func problem(_ error: any Error) -> Problem {
        if let problem = error as? Problem { return problem }
        if let error = error as? DirectoryError {
            if case .storeUnavailable(let reason) = error {
                context.logger.error("the store is unavailable", metadata: ["reason": "\(reason)"])
            }
            return Problem(error)
        }
        context.logger.error("an unexpected error", metadata: ["error": "\(error)"])
        return .internalError("The gateway failed to handle the request.")
    }

    nonisolated func response(to error: HTTPProtocolError) -> Response { Problem(error).response }
}

extension Request {
    /// Why the request is refused; nil when its connection is within the limits.
    var refusal: Refusal? {
        switch admission {
        case .admitted: nil
        case .overLimit, .rejected: .full
        case .overAddressLimit: .tooManyFromAddress
        }
    }
}
