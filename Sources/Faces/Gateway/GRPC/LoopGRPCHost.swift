internal import Authentication
internal import EventHub
internal import Events
internal import GatewayGRPC
internal import HTTPServer
internal import HTTPTypes
internal import Logging

/// What the gRPC face of a loop needs of the gateway: the same admission, hub, figures and log as those
/// of the HTTP face. Belongs to the loop.
final class LoopGRPCHost: GRPCHost {
    /// The path of the calls that are streams of events, for the log.
    static let listenPath = "/agntcy.dir.events.v1.EventService/Listen"

    private let face: HTTPFace
    private let hub: LoopHub
    private let access: StreamAccess

    init(face: HTTPFace, hub: LoopHub, access: StreamAccess) {
        self.face = face
        self.hub = hub
        self.access = access
    }

    func admit(_ method: GRPCMethod, _ call: GRPCCall) async throws(GRPCStatus) {
        let isOperation = method.admission == .operation
        if isOperation {
            do { try face.shared.admission.check(.operation, call.peer) } catch {
                throw refusal(error.reason)
            }
        }
        let control = face.shared.access
        var name = Subject.anonymous.name
        defer { call.subject = name }
        do {
            try control.checkHost(call.head)
            call.grant = try await control.admit(
                call.head, control.client(of: call.peer, call.head), scope: Scope(method.scope),
                isLimited: isOperation, as: &name)
        } catch {
            throw GRPCStatus(refusing: error)
        }
    }

    func start(of call: GRPCCall) async throws -> EventLogStart? {
        do { return try await face.shared.past.start(metadata: call.head.fields) } catch {
            throw (error as? Problem).map(GRPCStatus.init(invalid:)) ?? error
        }
    }

    func subscribe(
        _ call: GRPCCall, filter: EventFilter, from start: EventLogStart?, wantsNotices: Bool,
        fields: HTTPFields, trailers: HTTPFields
    ) throws(GRPCStatus) {
        let subject = call.grant as? Subject ?? .anonymous
        let filter = subject.filter(filter)
        let (peer, items) = (face.shared.access.client(of: call.peer, call.head), filter.itemCount)
        let id: Int
        do { id = try face.shared.admission.admitStream(peer, items: items) } catch {
            throw refusal(error.reason)
        }
        guard let exchange = call.takeExchange() else {
            return face.shared.admission.releaseStream(address: peer.address, items: items)
        }
        let request = Subscriber.Request(
            id: id, filter: filter, encoding: wantsNotices ? .grpcWithNotices : .grpc,
            address: peer.address, userAgent: call.head.userAgent,
            since: face.shared.log.clock.wall())
        let (first, place) = face.begin(start, request.encoding)
        hub.expectSubscriber()
        let sink = exchange.openEventStream(fields: fields, first: first, trailers: trailers)
        if let subscriber = hub.subscribe(request, sink: sink, from: place) {
            access.add(subscriber, subject)
        } else {
            face.shared.admission.releaseStream(address: peer.address, items: items)
        }
    }

    func admitStream(_ peer: Peer) throws(GRPCStatus) {
        do { _ = try face.shared.admission.admitStream(peer, items: 0) } catch {
            throw refusal(error.reason)
        }
    }

    func releaseStream(_ peer: Peer) {
        face.shared.admission.releaseStream(address: peer.address, items: 0)
    }

    private func refusal(_ reason: Refusal) -> GRPCStatus {
        face.statistics.countRejection(reason.name)
        let code: GRPCStatus.Code =
            switch reason {
            case .full, .draining: .unavailable
            case .tooManyFromAddress: .resourceExhausted
            }
        return GRPCStatus(code, reason.sentence)
    }

    func record(
        _ head: RequestHead, _ peer: Peer, subject: String?, method: String, _ status: GRPCStatus,
        bytes: Int,
        began: Duration
    ) {
        face.statistics.record(route: method, code: status.httpStatus, took: now - began)
        face.shared.log.request(
            head, Client(peer: peer, subject: subject ?? Subject.anonymous.name),
            status: status.httpStatus, bytes: bytes, since: began)
    }

    func report(_ error: any Error) {
        face.shared.log.logger.error("an unexpected error", metadata: ["error": "\(error)"])
    }

    var isDraining: Bool { face.shared.admission.isDraining }

    var now: Duration { face.shared.log.clock.monotonic() }
}

extension Scope {
    /// What a method of gRPC needs; nil: every client may call it.
    fileprivate init?(_ scope: GRPCMethod.Scope) {
        switch scope {
        case .eventsRead: self = .readEvents
        case .recordsRead: self = .readRecords
        case .recordsWrite: self = .writeRecords
        case .none: return nil
        }
    }
}

extension GRPCStatus {
    /// The status of a call with an argument that cannot be used.
    fileprivate init(invalid problem: Problem) {
        self.init(.invalidArgument, "\(problem.detail) \(problem.remedy)")
    }

    /// The status of a call that is refused before its operation, as HTTP would refuse it.
    fileprivate init(refusing error: any Error) {
        guard let problem = error as? Problem else {
            self.init(.internal, "the gateway failed to handle the call")
            return
        }
        let code: Code =
            switch problem.status.code {
            case 401: .unauthenticated
            case 403, 421: .permissionDenied
            case 429: .resourceExhausted
            default: .unavailable
            }
        self.init(code, "\(problem.detail) \(problem.remedy)")
    }
}
