internal import Frames
internal import HTTPTypes

/// One exchange on a connection of HTTP/1.1. The next one may have begun when the handler of this
/// one still has it: then it does nothing.
final class ConnectionExchange: ExchangeTransport {
    private let connection: Connection
    private let request: RequestHead
    private let serial: Int
    private var framing = ResponseFraming.none

    init(_ connection: Connection, _ request: RequestHead) {
        self.connection = connection
        self.request = request
        serial = connection.state.serial
    }

    private var isCurrent: Bool { serial == connection.state.serial }

    var peer: Peer { connection.peer }

    var bodyLength: Int? {
        switch request.bodyFraming {
        case .none: 0
        case .length(let length): length
        case .chunked: nil
        }
    }

    func nextBodyPart(room: Int) async throws(RequestBodyError) -> [UInt8]? {
        guard isCurrent else { throw .disconnected }
        return try await connection.nextBodyPart(room: room)
    }

    func holdBody(_ bytes: inout [UInt8], adding count: Int) throws(RequestBodyError) {
        try connection.bodyMemory.hold(&bytes, adding: count, announced: bodyLength)
    }

    func send(_ response: Response) -> Int {
        isCurrent ? connection.send(response, to: request) : 0
    }

    func openBody(_ status: HTTPResponse.Status, _ fields: HTTPFields, length: Int?) {
        guard isCurrent else { return }
        framing = connection.openBody(status, fields, length: length, for: request)
    }

    func writeBody(_ bytes: [UInt8]) async throws(RequestBodyError) {
        guard isCurrent else { throw .disconnected }
        switch framing {
        case .chunked: try await connection.writeBody(bytes, inChunk: true)
        case .untilClose, .length: try await connection.writeBody(bytes, inChunk: false)
        case .none: break
        }
    }

    func endBody(trailers: HTTPFields) {
        guard isCurrent else { return }
        var end = ""
        if case .chunked = framing {
            end = "0\r\n"
            for field in trailers { end += "\(field.name.rawName): \(field.value)\r\n" }
            end += "\r\n"
        }
        connection.endBody(Array(end.utf8))
    }

    func abandonBody() { if isCurrent { connection.cutBodyIfOpen() } }

    func abandon() { if isCurrent { connection.respondIfForgotten() } }

    func openEventStream(_ fields: HTTPFields, first: [UInt8], trailers: HTTPFields)
        -> any FrameSink
    {
        connection.openEventStream(fields, first, for: request, isCurrent: isCurrent)
    }
}
