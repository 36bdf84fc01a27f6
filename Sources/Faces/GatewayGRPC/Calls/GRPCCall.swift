internal import Compression
internal import Frames
package import HTTPServer
internal import HTTPTypes
internal import Text

/// One call: its messages, and the obligation to end it with a status. Belongs to the loop's actor.
package final class GRPCCall {
    /// The request without its messages.
    package let head: RequestHead
    /// The other end of the connection.
    package let peer: Peer
    /// Who makes the call, once that is known.
    package var subject: String?
    /// What its host knows of that subject.
    package var grant: (any Sendable)?
    /// Who serves it.
    let host: any GRPCHost

    private let body: RequestBody
    private var exchange: Exchange?
    private var writer: ResponseWriter?
    private var buffer: MessageBuffer
    private var memory: MemoryReservation
    /// Whether messages of the client may be compressed: then large ones to it are.
    private let isCompressed: Bool
    /// The status with which the call has ended, perhaps before its handler.
    private(set) var status: GRPCStatus?
    /// The bytes of all messages to the client.
    private(set) var bytesSent = 0

    init(
        _ exchange: consuming Exchange, _ host: any GRPCHost, memory: MemoryBudget, limit: Int,
        coding: MessageBuffer.Coding
    ) {
        head = exchange.request
        peer = exchange.peer
        body = exchange.body
        self.host = host
        self.memory = MemoryReservation(memory)
        buffer = MessageBuffer(limit: limit, coding: coding)
        isCompressed = coding == .gzip
        self.exchange = consume exchange
    }

    /// What the client, if it is a gateway, asks for beyond the Directory's interface.
    private(set) lazy var hints = GRPCHints(head.fields)

    // MARK: Messages from the client

    /// Returns the next message; nil when the client has ended its side.
    /// - Throws: `GRPCStatus` or `RequestBodyError`.
    func next() async throws -> [UInt8]? {
        while true {
            try checkOpen()
            if let message = try buffer.next() { return message }
            guard let part = try await body.next() else {
                guard buffer.isEmpty else {
                    throw GRPCStatus(.internal, "the stream ended inside a message")
                }
                return nil
            }
            // What waits for the rest of a message counts, as it arrives.
            buffer.append(part)
            guard memory.resize(to: buffer.byteCount) else { throw GRPCStatus.outOfMemory }
        }
    }

    /// Returns the next message if all of it is there already.
    func nextBuffered() throws(GRPCStatus) -> [UInt8]? { try buffer.next() }

    /// Returns the only message of a call that has one.
    func only() async throws -> [UInt8] {
        guard let message = try await next() else {
            throw GRPCStatus(.internal, "the client has sent no message")
        }
        guard try await next() == nil else {
            throw GRPCStatus(.internal, "the client has sent more than one message")
        }
        memory.set(to: 0)
        return message
    }

    // MARK: Messages to the client

    /// Sends a message, and waits while the client does not read.
    /// - Throws: `RequestBodyError` when the client has left; the status when the call has ended.
    func send(_ message: [UInt8]) async throws {
        try checkOpen()
        let packs = isCompressed && message.count >= Self.packedBytes
        let packed = packs ? Gzip.compress(message) : nil
        let frame = MessageBuffer.frame(packed ?? message, isCompressed: packed != nil)
        bytesSent += frame.count
        open()
        // Not in its place while it waits: the deadline may end the call meanwhile.
        guard let current = writer.take() else { return }
        try await current.write(frame)
        if let status { current.finish(trailers: status.fields) } else { writer = consume current }
    }

    /// Messages below this size are not compressed.
    private static let packedBytes = 1024

    /// Sends the header of the response, if it was not sent.
    func open() {
        guard let exchange = self.exchange.take() else { return }
        var fields = Self.fields
        if isCompressed, let name = Self.encoding { fields[name] = "gzip" }
        writer = exchange.respond(status: .ok, fields: fields)
    }

    /// Hands the exchange to a stream of events, which ends it. Nil when the call has ended.
    package func takeExchange() -> Exchange? {
        status = .ok
        return exchange.take()
    }

    private func checkOpen() throws { if let status { throw status } }

    // MARK: The end

    /// Ends the call, once.
    func finish(_ status: GRPCStatus) {
        guard self.status == nil else { return }
        self.status = status
        if let writer = self.writer.take() {
            writer.finish(trailers: status.fields)
        } else if let exchange = self.exchange.take() {
            // Trailers only: the status is in the header.
            var fields = Self.fields
            fields.append(contentsOf: status.fields)
            exchange.respond(Response(status: .ok, fields: fields, isVital: true))
        }
        memory.set(to: 0)
    }

    /// The fields of every response.
    static let fields: HTTPFields = {
        var fields: HTTPFields = [.contentType: "application/grpc"]
        if let name = acceptEncoding { fields[name] = encodings }
        return fields
    }()

    private static let encoding = HTTPField.Name("grpc-encoding")
    private static let acceptEncoding = HTTPField.Name("grpc-accept-encoding")
    private static let encodings = "identity,gzip"
}
