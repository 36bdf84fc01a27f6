import Addresses
import Frames
import HTTPServer
import HTTPTypes
import Libevent
import Synchronization

/// An exchange without a connection: the twin of those of HTTP/1.1 and HTTP/2. Its request is a value,
/// and its response is collected for the test. Belongs to the loop once it was handed over.
public final class MemoryExchange: ExchangeTransport {
    /// The response: its head, and the pieces of its body, until it ends.
    public struct Output: Sendable {
        public let status: Int
        public let fields: [String: String]
        public let pieces: AsyncStream<[UInt8]>
    }

    package let peer = Peer(
        address: "127.0.0.1", key: AddressKey(host: "127.0.0.1"), admission: .admitted)
    private let isHead: Bool
    private var body: [UInt8]?
    private var began: CheckedContinuation<Output, Never>?
    private var pieces: AsyncStream<[UInt8]>.Continuation?
    private var left: Int?

    private init(_ head: RequestHead, _ body: [UInt8], _ began: CheckedContinuation<Output, Never>)
    {
        isHead = head.method == .head
        self.body = body.isEmpty ? nil : body
        bodyLength = body.count
        self.began = began
    }

    /// Hands a request to a responder.
    /// - Parameter body: of the request.
    /// - Returns: its response, as soon as it begins.
    public static func begin(
        _ head: RequestHead, body: [UInt8], on responder: some HTTPResponder
    ) async -> Output {
        await withCheckedContinuation { began in
            responder.loop.execute {
                _ = responder.begin(MemoryExchange(head, body, began), head)
            }
        }
    }

    package let bodyLength: Int?

    package func nextBodyPart(room: Int) async throws(RequestBodyError) -> [UInt8]? {
        guard let part = body else { return nil }
        guard part.count <= room else { throw .tooLarge }
        body = nil
        return part
    }

    package func holdBody(_ bytes: inout [UInt8], adding count: Int) throws(RequestBodyError) {}

    package func send(_ response: Response) -> Int {
        let hasBody = !isHead && response.status != .noContent && response.status != .notModified
        var fields = response.fields
        // As every transport: the length of a stream, which HEAD does not open, is not known.
        if fields[.contentLength] == nil, !(isHead && response.body.isEmpty) {
            fields[.contentLength] = String(response.body.count)
        }
        begin(response.status, fields)
        if hasBody { pieces?.yield(response.body) }
        end()
        return hasBody ? response.body.count : 0
    }

    package func openBody(_ status: HTTPResponse.Status, _ fields: HTTPFields, length: Int?) {
        left = length
        begin(status, fields)
    }

    package func writeBody(_ bytes: [UInt8]) async throws(RequestBodyError) {
        if let left {
            guard bytes.count <= left else { throw .disconnected }
            self.left = left - bytes.count
        }
        if !isHead { pieces?.yield(bytes) }
    }

    package func endBody(trailers: HTTPFields) { end() }

    package func abandonBody() { end() }

    package func abandon() {
        if began != nil { _ = send(Response(status: .internalServerError)) }
    }

    package func openEventStream(_ fields: HTTPFields, first: [UInt8], trailers: HTTPFields)
        -> any FrameSink
    {
        begin(.ok, fields)
        pieces?.yield(first)
        return MemorySink(pieces)
    }

    private func begin(_ status: HTTPResponse.Status, _ fields: HTTPFields) {
        let (stream, pieces) = AsyncStream.makeStream(of: [UInt8].self)
        self.pieces = pieces
        var named: [String: String] = [:]
        for field in fields { named[field.name.canonicalName] = field.value }
        began?.resume(returning: Output(status: status.code, fields: named, pieces: stream))
        began = nil
    }

    private func end() { pieces?.finish() }
}

/// An open stream without a connection. It has room for everything.
final class MemorySink: FrameSink {
    let framing = Frame.Framing.plain
    unowned var owner: (any FrameSinkOwner)?
    private(set) var bytesSent = 0
    private var pieces: AsyncStream<[UInt8]>.Continuation?

    init(_ pieces: AsyncStream<[UInt8]>.Continuation?) { self.pieces = pieces }

    var isClosed: Bool { pieces == nil }

    func send(_ run: FrameRun) -> Int {
        for frame in run.frames { pieces?.yield(frame.bytes(framing)) }
        bytesSent += run.byteCount
        return run.byteCount
    }

    func finish() { abort() }

    func abort() {
        guard !isClosed else { return }
        pieces?.finish()
        pieces = nil
        owner?.sinkClosed()
    }

    func inspectPeer(_ timeout: Duration) {}
}

extension HTTPAnswer {
    /// Collects a whole response.
    public init(_ output: MemoryExchange.Output) async {
        var body: [UInt8] = []
        for await piece in output.pieces { body += piece }
        self.init(status: output.status, fields: output.fields, body: body)
    }
}
