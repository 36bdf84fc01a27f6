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

    init(face: HTTPFace, hub: LoopHub) {
        self.face = face
        self.hub = hub
    }

    func admit(_ method: GRPCMethod, _ peer: Peer) throws(GRPCStatus) {
        guard method.admission == .operation else { return }
        do { try face.shared.admission.check(.operation, peer) } catch {
            throw refusal(error.reason)
        }
    }

    func subscribe(
        _ call: GRPCCall, filter: EventFilter, wantsNotices: Bool, fields: HTTPFields,
        trailers: HTTPFields
    ) throws(GRPCStatus) {
        let (peer, items) = (call.peer, filter.itemCount)
        let id: Int
        do { id = try face.shared.admission.admitStream(peer, items: items) } catch {
            throw refusal(error.reason)
        }
        guard let exchange = call.takeExchange() else {
            return face.shared.admission.releaseStream(address: peer.address, items: items)
        }
        let request = Subscriber.Request(
            id: id, filter: filter, encoding: wantsNotices ? .grpcWithNotices : .grpc,
            address: peer.address, since: face.shared.log.clock.wall())
        hub.expectSubscriber()
        let sink = exchange.openEventStream(fields: fields, first: [], trailers: trailers)
        if !hub.subscribe(request, sink: sink) {
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
        _ head: RequestHead, _ peer: Peer, method: String, _ status: GRPCStatus, bytes: Int,
        began: Duration
    ) {
        face.statistics.record(route: method, code: status.httpStatus, took: now - began)
        face.shared.log.request(
            head, peer, status: status.httpStatus, bytes: bytes, since: began)
    }

    func report(_ error: any Error) {
        face.shared.log.logger.error("an unexpected error", metadata: ["error": "\(error)"])
    }

    var isDraining: Bool { face.shared.admission.isDraining }

    var now: Duration { face.shared.log.clock.monotonic() }
}
