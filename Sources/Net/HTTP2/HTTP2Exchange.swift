internal import Frames
internal import HTTPServer
internal import HTTPTypes
internal import Libevent

/// One exchange over HTTP/2: a stream of its connection. Belongs to the loop's thread.
final class HTTP2Exchange: ExchangeTransport {
    let head: RequestHead
    let stream: HTTP2Stream
    let connection: HTTP2Connection
    let bodyLength: Int?
    /// The handler of the request; nil after its response is complete.
    private var task: Task<Void, Never>?

    // The body of the request.
    private var reader = BodyWaiter()
    private var readTimer: TimerWheel.Timer?
    private var readSinceDeadline = 0
    /// Whether nothing more of the body can come.
    private var isBodyCut = false
    /// Whether the client waits for status 100 before it sends the body.
    private var owesContinue: Bool

    // The response.
    var writer = BodyWaiter()
    var owesResponse = true
    /// Whether the handler has no more to do with the exchange.
    private(set) var isOver = false
    /// Bytes of a response of known length that have not been written.
    var left: Int?
    /// Whether nothing more of the response is sent.
    var isSilent = false
    /// The body, if it is large: counted once for all connections that send it.
    var heldBody: HeldBody?

    // What the exchange holds of the budget of memory.
    private var headMemory: MemoryReservation
    /// What has arrived of the request's body and was not taken.
    private var arrivedMemory: MemoryReservation
    /// The request's body that the handler collects.
    private var bodyMemory: MemoryReservation
    /// What waits to be sent, without `heldBody`.
    var outputMemory: MemoryReservation

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
        let memory = connection.listener.memory
        headMemory = MemoryReservation(memory)
        arrivedMemory = MemoryReservation(memory)
        bodyMemory = MemoryReservation(memory)
        outputMemory = MemoryReservation(memory)
    }

    private static let host = HTTPField.Name("Host")

    /// The number of the stream.
    var id: Int32 { stream.id }
    var peer: Peer { connection.peer }
    var listener: HTTPListener { connection.listener }

    // MARK: The handler

    /// Has the handler, which has run until its first suspension.
    func start(_ task: Task<Void, Never>) { if !isOver { self.task = task } }

    /// Cancels the handler if it has not responded.
    func cancel() { task?.cancel() }

    /// Forgets the handler, whose response is complete or whose stream was taken over: it is not
    /// cancelled any more.
    func releaseHandler() {
        isOver = true
        task = nil
        cancelReadDeadline()
    }

    // MARK: The request

    /// A smaller header section is not counted.
    private static let headBase = 1 << 10

    /// Counts the header section, of which each stream of a connection has one.
    /// - Returns: whether the budget of memory has room for it.
    func countHead(_ count: Int) -> Bool { count <= Self.headBase || headMemory.resize(to: count) }

    func nextBodyPart(room: Int) async throws(RequestBodyError) -> [UInt8]? {
        while true {
            // What a stream has received before it was reset is gone.
            guard !isOver, !stream.isClosed else { throw .disconnected }
            let part = stream.takeBody()
            arrivedMemory.set(to: 0)
            if part.count > room { throw .tooLarge }
            if !part.isEmpty { return part }
            if stream.isBodyComplete { return nil }
            guard !isBodyCut else { throw .disconnected }
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
                self.reader.wait(reader)
                // The task may get here in a later turn of the loop.
                if stream.isClosed || isBodyCut {
                    return self.reader.resume(throwing: .disconnected)
                }
                if stream.bufferedBodyCount > 0 || stream.isBodyComplete {
                    return self.reader.resume()
                }
                if listener.bodiesTimedOut { return timeOutBody() }
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

    func timeOutBody() { reader.resume(throwing: .timedOut) }

    /// The client sends nothing any more.
    func cutBody() {
        guard !stream.hasRequestEnded else { return }
        isBodyCut = true
        reader.resume(throwing: .disconnected)
    }

    func holdBody(_ bytes: inout [UInt8], adding count: Int) throws(RequestBodyError) {
        try bodyMemory.hold(&bytes, adding: count, announced: bodyLength)
    }

    /// Releases what the request holds of the budget of memory.
    func releaseRequestMemory() {
        headMemory.set(to: 0)
        arrivedMemory.set(to: 0)
        bodyMemory.set(to: 0)
    }
}

extension HTTP2Exchange: HTTP2StreamDelegate {
    func streamHasBody(_ stream: HTTP2Stream) {
        let count = stream.bufferedBodyCount
        readSinceDeadline += max(0, count - arrivedMemory.count)
        if !arrivedMemory.resize(to: count) {
            // It is allocated already.
            arrivedMemory.set(to: count)
            return reader.resume(throwing: .outOfMemory)
        }
        reader.resume()
    }

    func streamIsWritable(_ stream: HTTP2Stream) {
        countOutput()
        if !mustWait { writer.resume() }
    }

    func streamClosed(_ stream: HTTP2Stream, code: UInt32) {
        // The client has left before its response was complete.
        if !isOver, code != 0 || owesResponse { cancel() }
        releaseHandler()
        if code == 0, !stream.hasRequestEnded { connection.clientMaySend = true }
        heldBody = nil
        releaseRequestMemory()
        outputMemory.set(to: 0)
        reader.resume(throwing: .disconnected)
        writer.resume(throwing: .disconnected)
        connection.forget(self)
    }
}
