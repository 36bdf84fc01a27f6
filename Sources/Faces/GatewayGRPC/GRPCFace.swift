package import Frames
package import HTTPServer
internal import HTTPTypes
package import Libevent
internal import Text

/// The gRPC face of one loop: finds the method of a call, runs its handler, and ends the call with a
/// status. Belongs to the loop.
package final class GRPCFace {
    /// What the faces of all loops share.
    package struct Shared: Sendable {
        /// All methods.
        package let methods: GRPCMethodTable
        /// Counts messages that have not arrived completely.
        package let memory: MemoryBudget

        /// Puts it together.
        package init(methods: GRPCMethodTable, memory: MemoryBudget) {
            self.methods = methods
            self.memory = memory
        }
    }

    private let shared: Shared
    private let host: any GRPCHost
    private let wheel: TimerWheel

    /// Makes the face of a loop.
    /// - Parameter wheel: the timers of the loop.
    package init(_ shared: Shared, host: any GRPCHost, wheel: TimerWheel) {
        self.shared = shared
        self.host = host
        self.wheel = wheel
    }

    /// Returns whether a request is a call: it says so, or its path is one of a service.
    package func accepts(_ head: RequestHead) -> Bool {
        guard head.version == .http2 else { return false }
        let type = head.field(.contentType) ?? ""
        return type.hasBytePrefix("application/grpc")
            || shared.methods.hasService(ofPath: head.path)
    }

    /// Handles one call.
    package func respond(to exchange: consuming Exchange) async {
        let began = host.now
        let head = exchange.request
        let peer = exchange.peer
        guard head.method == .post else {
            return refuse(exchange, .methodNotAllowed, [.allow: "POST"], began)
        }
        guard Self.isGRPC(head.field(.contentType) ?? "") else {
            return refuse(exchange, .unsupportedMediaType, [:], began)
        }
        let method: GRPCMethod
        let coding: MessageBuffer.Coding
        let timeout: Duration?
        do {
            method = try shared.methods.method(head.path)
            coding = try Self.coding(head)
            timeout = try Self.timeout(head)
        } catch {
            let call = GRPCCall(exchange, host, memory: shared.memory, limit: 0, coding: .identity)
            call.finish(error)
            return host.record(
                head, peer, subject: nil, method: "unknown", error, bytes: 0, began: began)
        }
        let call = GRPCCall(
            exchange, host, memory: shared.memory, limit: method.messageLimit, coding: coding)
        let timer = timeout.map { timeout in
            wheel.schedule(after: timeout) {
                call.finish(GRPCStatus(.deadlineExceeded, "the deadline of the client has passed"))
            }
        }
        let status = await run(method, call)
        if let timer { wheel.cancel(timer) }
        call.finish(status)
        host.record(
            head, peer, subject: call.subject, method: method.path, call.status ?? status,
            bytes: call.bytesSent,
            began: began)
    }

    private func run(_ method: GRPCMethod, _ call: GRPCCall) async -> GRPCStatus {
        do {
            try await host.admit(method, call)
            try await method.handle(call)
            return .ok
        } catch {
            // At shutdown every body that has not arrived counts as too late.
            if case RequestBodyError.timedOut = error, host.isDraining { return .shutdown }
            if let status = GRPCStatus(error) { return status }
            host.report(error)
            return GRPCStatus(.internal, "the gateway failed to handle the call")
        }
    }

    /// Refuses a request that is no call, with a status of HTTP.
    private func refuse(
        _ exchange: consuming Exchange, _ status: HTTPResponse.Status, _ fields: HTTPFields,
        _ began: Duration
    ) {
        let head = exchange.request
        let peer = exchange.peer
        var fields = fields
        let reason = GRPCStatus(.internal, "the request is no call of gRPC: \(status.reasonPhrase)")
        fields.append(contentsOf: reason.fields)
        fields[.contentType] = "text/plain; charset=utf-8"
        exchange.respond(
            Response(status: status, fields: fields, body: Array("\(reason.message)\n".utf8)))
        let isType = status == .unsupportedMediaType
        host.record(
            head, peer, subject: nil, method: "unknown",
            GRPCStatus(isType ? .invalidArgument : .unimplemented, reason.message), bytes: 0,
            began: began)
    }

    /// Returns the response to a call whose metadata is larger than the gateway accepts; nil for other
    /// errors, whose status of HTTP every client of gRPC understands.
    package static func response(to error: HTTPProtocolError) -> Response? {
        guard error.isGRPC, error.status == 431 else { return nil }
        var fields = GRPCStatus(.resourceExhausted, error.reason).fields
        fields[.contentType] = "application/grpc"
        return Response(status: .ok, fields: fields)
    }

    /// Returns whether a media type is that of gRPC with messages in protobuf.
    private static func isGRPC(_ type: String) -> Bool {
        let essence = type.fields(on: UInt8(ascii: ";"), limit: 1)[0].trimmedASCII
        return essence.equalsIgnoringASCIICase("application/grpc")
            || essence.equalsIgnoringASCIICase("application/grpc+proto")
    }

    private static func coding(_ head: RequestHead) throws(GRPCStatus) -> MessageBuffer.Coding {
        guard let name = encoding, let value = head.field(name) else { return .identity }
        if value.hasBytes(of: "identity") { return .identity }
        if value.hasBytes(of: "gzip") { return .gzip }
        throw GRPCStatus(
            .unimplemented, "grpc-encoding \(value.clipped(to: 64)) is not supported")
    }

    private static func timeout(_ head: RequestHead) throws(GRPCStatus) -> Duration? {
        guard let name = timeout, let value = head.field(name) else { return nil }
        guard let duration = GRPCTimeout.parse(value) else {
            throw GRPCStatus(.internal, "malformed grpc-timeout: \(value.clipped(to: 64))")
        }
        return duration
    }

    private static let encoding = HTTPField.Name("grpc-encoding")
    private static let timeout = HTTPField.Name("grpc-timeout")
}
