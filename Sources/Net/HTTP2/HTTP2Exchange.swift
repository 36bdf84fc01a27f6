internal import Frames
internal import HTTPServer
internal import HTTPTypes
internal import Libevent

/// One exchange over HTTP/2: a stream of its connection. Belongs to the loop's thread.
final class HTTP2Exchange: ExchangeTransport {
    let head: RequestHead
    /// The handler of the request.
    var task: Task<Void, Never>?
    let stream: HTTP2Stream
    let connection: HTTP2Connection
    let bodyLength: Int?

    var reader: CheckedContinuation<Void, any Error>?
    var writer: CheckedContinuation<Void, any Error>?
    private var readTimer: TimerWheel.Timer?
    private var readSinceDeadline = 0
    /// Whether the client waits for status 100 before it sends the body.
    private var owesContinue: Bool
    private var owesResponse = true
    private var isTakenOver = false
    /// Bytes of a response of known length that have not been written.
    private var left: Int?
    private var isSilent = false
    private var heldBody: HeldBody?
    private var bodyMemory: MemoryReservation
    private var outputMemory: MemoryReservation

    init(_ connection: HTTP2Connection, _ stream: HTTP2Stream, _ request: HTTP2Request) {
        self.connection = connection
        self.stream = stream
        bodyLength = request.isComplete ? 0 : request.contentLength
        owesContinue = request.expectsContinue
        var fields = request.fields
        if let name = Self.host, !request.authority.utf8.isEmpty {
            fields[name] = request.authority
        }
        let framing: RequestHead.BodyFraming =
            request.isComplete ? .none : request.contentLength.map { .length($0) } ?? .chunked
        head = RequestHead(
            method: request.method, path: request.path, query: request.query, version: .http2,
            fields: fields, bodyFraming: framing, wantsKeepAlive: true,
            expectsContinue: request.expectsContinue)
        bodyMemory = MemoryReservation(connection.listener.memory)
        outputMemory = MemoryReservation(connection.listener.memory)
    }

    private static let host = HTTPField.Name("Host")

    /// The number of the stream.
    var id: Int32 { stream.id }
    var peer: Peer { connection.peer }
    private var listener: HTTPListener { connection.listener }

    // MARK: The request's body

    func nextBodyPart(room: Int) async throws(RequestBodyError) -> [UInt8]? {
        while true {
            guard !isTakenOver else { throw .disconnected }
            let part = stream.takeBody()
            if part.count > room { throw .tooLarge }
            if !part.isEmpty { return part }
            if stream.isBodyComplete { return nil }
            guard !stream.isClosed else { throw .disconnected }
            try await moreBytes()
        }
    }

    private func moreBytes() async throws(RequestBodyError) {
        if owesContinue {
            owesContinue = false
            stream.sendContinue()
        }
        do {
            try await withCheckedThrowingContinuation { reader in
                self.reader = reader
                // The task may get here in a later turn of the loop.
                if stream.isClosed { return resume(&self.reader, throwing: .disconnected) }
                if listener.bodiesTimedOut { return timeOutBody() }
                if stream.bufferedBodyCount > 0 || stream.isBodyComplete {
                    return resume(&self.reader)
                }
                startReadDeadline()
            }
        } catch {
            throw error as? RequestBodyError ?? .disconnected
        }
    }

    /// Starts the deadline for the next 64 KiB of the body. Fewer bytes do not extend it.
    private func startReadDeadline() {
        guard readTimer == nil || readSinceDeadline >= Self.progress else { return }
        cancelReadDeadline()
        readSinceDeadline = 0
        readTimer = listener.wheel.schedule(after: listener.limits.bodyDeadline) { [weak self] in
            self?.readTimer = nil
            self?.timeOutBody()
        }
    }

    private static let progress = 64 << 10

    private func cancelReadDeadline() {
        if let timer = readTimer { listener.wheel.cancel(timer) }
        readTimer = nil
    }

    func timeOutBody() { resume(&reader, throwing: .timedOut) }

    func holdBody(_ bytes: inout [UInt8], adding count: Int) throws(RequestBodyError) {
        let needed = bytes.count + count
        guard bytes.isEmpty || needed > bytes.capacity else { return }
        var capacity = max(needed, 2 * bytes.capacity)
        if let bodyLength { capacity = max(needed, min(capacity, bodyLength)) }
        guard bodyMemory.resize(to: capacity) else { throw .outOfMemory }
        if !bytes.isEmpty { bytes.reserveCapacity(capacity) }
    }

    // MARK: The response

    func send(_ response: Response) -> Int {
        guard owesResponse, !isTakenOver else { return 0 }
        owesResponse = false
        cancelReadDeadline()
        var response = response
        let isHead = head.method == .head
        if !isHead, !response.isVital, response.mayHaveBody,
            response.body.count > HeldBodies.leastCount
        {
            heldBody = listener.heldBodies.hold(response.body)
            if heldBody == nil { response = outOfMemory() }
        }
        var fields = response.fields
        let isKnown = !(isHead && response.body.isEmpty)
        if fields[.contentLength] == nil, response.mayHaveBody, isKnown {
            fields[.contentLength] = String(response.body.count)
        }
        let hasBody = !isHead && response.mayHaveBody
        stream.respond(response.status, dated(fields), body: hasBody ? response.body : [])
        return hasBody ? response.body.count : 0
    }

    private func outOfMemory() -> Response {
        guard let responder = listener.responder else {
            return Response(status: .serviceUnavailable)
        }
        responder.reportRefusal(.outOfMemory, from: peer.address)
        var response = responder.response(to: .outOfMemory)
        if response.fields[.retryAfter] == nil { response.fields[.retryAfter] = "1" }
        return response
    }

    private func dated(_ fields: HTTPFields) -> HTTPFields {
        var fields = fields
        fields[.date] = listener.dateNow()
        return fields
    }

    func openBody(_ status: HTTPResponse.Status, _ fields: HTTPFields, length: Int?) {
        guard owesResponse, !isTakenOver else { return }
        owesResponse = false
        let mayHaveBody = Response(status: status).mayHaveBody
        isSilent = head.method == .head || !mayHaveBody
        left = isSilent ? 0 : length
        var fields = dated(fields)
        if let length, mayHaveBody { fields[.contentLength] = String(length) }
        if isSilent { stream.respond(status, fields) } else { stream.begin(status, fields) }
    }

    func writeBody(_ bytes: [UInt8]) async throws(RequestBodyError) {
        guard !stream.isClosed else { throw .disconnected }
        guard !isSilent else { return }
        if let left {
            guard bytes.count <= left else {
                stream.reset(code: HTTP2ErrorCode.internalError)
                throw .disconnected
            }
            self.left = left - bytes.count
        }
        stream.write(bytes)
        outputMemory.set(to: stream.queuedCount)
        guard mustWait else { return }
        do {
            try await withCheckedThrowingContinuation { writer in
                self.writer = writer
                if stream.isClosed {
                    resume(&self.writer, throwing: .disconnected)
                } else if !mustWait {
                    resume(&self.writer)
                }
            }
        } catch {
            throw error as? RequestBodyError ?? .disconnected
        }
    }

    /// While the budget of memory is exhausted, a writer waits until all was sent.
    private var mustWait: Bool {
        stream.isAboveHighWater || (listener.memory.isExhausted && stream.queuedCount > 0)
    }

    func endBody(trailers: HTTPFields) {
        guard !isSilent, !stream.isClosed else { return }
        if let left, left > 0 { return stream.reset(code: HTTP2ErrorCode.internalError) }
        stream.finish(trailers: trailers.isEmpty ? nil : trailers)
        isSilent = true
    }

    func abandonBody() {
        guard !isSilent, !stream.isClosed, !owesResponse else { return }
        if left == 0 {
            endBody(trailers: [:])
        } else {
            stream.reset(code: HTTP2ErrorCode.internalError)
        }
    }

    func abandon() {
        guard owesResponse, !isTakenOver, !stream.isClosed, let responder = listener.responder
        else { return }
        let error = HTTPProtocolError(500, "the request got no response")
        responder.reportRefusal(error, from: peer.address)
        _ = send(responder.response(to: error))
    }

    func openEventStream(_ fields: HTTPFields, first: [UInt8], trailers: HTTPFields)
        -> any FrameSink
    {
        let sink = HTTP2EventStream(stream, connection, trailers: trailers)
        guard owesResponse, !stream.isClosed else { return sink }
        owesResponse = false
        isTakenOver = true
        task = nil
        cancelReadDeadline()
        bodyMemory.set(to: 0)
        stream.delegate = sink
        stream.begin(.ok, dated(fields))
        stream.write(first)
        sink.open(first.count)
        connection.forget(self)
        return sink
    }

    func resume(
        _ waiter: inout CheckedContinuation<Void, any Error>?,
        throwing error: RequestBodyError? = nil
    ) {
        guard let waiting = waiter else { return }
        waiter = nil
        if let error { waiting.resume(throwing: error) } else { waiting.resume() }
    }
}

extension HTTP2Exchange: HTTP2StreamDelegate {
    func streamHasBody(_ stream: HTTP2Stream) {
        readSinceDeadline += stream.bufferedBodyCount
        resume(&reader)
    }

    func streamIsWritable(_ stream: HTTP2Stream) {
        outputMemory.set(to: stream.queuedCount)
        if !mustWait { resume(&writer) }
    }

    func streamClosed(_ stream: HTTP2Stream, code: UInt32) {
        cancelReadDeadline()
        // The client has left before its response was complete.
        if code != 0 || owesResponse { task?.cancel() }
        task = nil
        heldBody = nil
        bodyMemory.set(to: 0)
        outputMemory.set(to: 0)
        resume(&reader, throwing: .disconnected)
        resume(&writer, throwing: .disconnected)
        connection.forget(self)
    }
}
