import Addresses
import Frames
import Glibc
import HTTP2
import HTTPServer
import HTTPTypes
import Libevent
import TLS
import TestSupport

/// A responder with a route for each thing that a connection can do.
actor TestResponder: HTTPResponder {
    nonisolated let loop: EventLoop
    private var clock: LoopClock?
    private var listener: HTTPListener?
    private var patient: CheckedContinuation<Void, Never>?
    /// How many handlers of `/wait` and `/soon` wait, and how the others ended.
    private(set) var waiting = 0
    private var areReleased = false
    private(set) var reading = 0
    private(set) var busyRequests = 0
    private var streams: [any FrameSink] = []
    private var senders: [StreamSender] = []
    private(set) var endings: [String] = []
    private(set) var failures: [RequestBodyError] = []
    private(set) var handshakeFailures: [TLSFailure.Kind] = []
    /// The body of `/big`, one array for all.
    static let big = [UInt8](repeating: 0x78, count: 4 << 20)

    init(_ loop: EventLoop) { self.loop = loop }

    func listen(_ limits: HTTPLimits, _ memory: MemoryBudget, _ security: TLSStore?) throws
        -> String
    {
        let clock = try LoopClock(loop: loop)
        let listener = try HTTPListener(
            on: [SocketAddress(host: "127.0.0.1", port: 0, isIPv6: false)], limits: limits,
            limiter: ConnectionLimiter(
                limit: limits.connections, perAddress: limits.connectionsPerAddress),
            memory: memory, security: security, wheel: clock.wheel, responder: self)
        listener.acceptHTTP2(HTTP2Limits(limits))
        self.clock = clock
        self.listener = listener
        return listener.address?.description ?? ""
    }

    func close() {
        listener?.abort()
        for stream in streams { stream.abort() }
        streams = []
        senders = []
        listener = nil
        clock = nil
    }

    /// Whether the handler of `/patient` does something else than waiting for the body.
    func isPatient() -> Bool { patient != nil }

    /// Times out all bodies, and only then lets that handler read its own.
    func timeOutBodies() {
        listener?.timeOutBodies()
        patient?.resume()
    }

    /// Sends frames to every stream until the kernel takes no more; how many bytes left.
    func fillStreams() -> Int {
        let frame = Frame([UInt8](repeating: 0x78, count: 64 << 10))
        var total = 0
        for stream in streams {
            let run = FrameRun([frame], framing: stream.framing)
            var sent = run.byteCount
            while sent == run.byteCount {
                sent = stream.send(run)
                total += sent
            }
        }
        return total
    }

    /// Sends frames to every stream, as they are taken, and ends it in good order.
    /// - Returns: how many bytes of body are sent to each.
    func sendAndFinish(frames: Int) -> Int {
        let frame = Frame([UInt8](repeating: 0x78, count: 1000))
        for stream in streams {
            let sender = StreamSender(stream, [Frame](repeating: frame, count: frames))
            senders.append(sender)
            sender.sinkIsWritable()
        }
        return frames * 1000
    }

    /// Sends numbered lines to every stream, each a frame, as they are taken, and ends it in good order.
    /// - Returns: what is sent to each.
    func sendLines(_ count: Int) -> [UInt8] {
        let lines = (0..<count).map { number in
            Array("\(number) \(String(repeating: "x", count: number % 1500))\n".utf8)
        }
        for stream in streams {
            let sender = StreamSender(stream, lines.map { Frame($0) })
            senders.append(sender)
            sender.sinkIsWritable()
        }
        return Array(lines.joined())
    }

    /// Ends every stream at once.
    func abortStreams() { for stream in streams { stream.abort() } }

    /// How many bytes have left on each stream.
    func bytesSent() -> [Int] { streams.map(\.bytesSent) }

    /// How many owners were told that their stream has ended.
    func closedSenderCount() -> Int { senders.count(where: \.isTold) }

    /// Stops accepting, as at shutdown.
    func drain() { listener?.close() }

    /// Ends every stream in good order.
    func finishStreams() { for stream in streams { stream.finish() } }

    /// Makes every connection of HTTP/2 from now on one whose peer seems to have vanished.
    func loseHTTP2Peers() {
        guard let listener, let accept = listener.http2 else { return }
        listener.http2 = { stream, old, received in
            accept(VanishedStream(stream), old, received)
        }
    }

    /// Looks at the peer of each stream, as the hub does, in one turn.
    func inspectPeers() { for stream in streams { stream.inspectPeer(.seconds(60)) } }

    /// Lets the handler of `/patient` ask for the body, in a turn in which timers of up to 20 ms are
    /// due as well.
    func goOn() {
        spin(.milliseconds(40))
        patient?.resume()
    }

    /// Lets the handlers of `/soon` respond.
    func release() { areReleased = true }

    func openStreamCount() -> Int { streams.count { !$0.isClosed } }

    /// What the loop's thread has computed.
    func processorTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    func connectionCount() -> Int { listener?.connectionCount ?? 0 }

    func respond(to exchange: consuming Exchange) async {
        let path = exchange.request.path
        switch path {
        case "/forget": break
        case "/busy":
            busyRequests += 1
            spin(.milliseconds(1))
            exchange.respond(Response())
        case "/events":
            streams.append(exchange.openEventStream(fields: [:], first: Array("first\n".utf8)))
        case "/after":
            exchange.respond(Response(body: Array("before".utf8)))
            try? await Task.sleep(for: .milliseconds(100))
            endings.append(Task.isCancelled ? "cancelled" : "whole")
        case "/wait", "/soon", "/read-wait":
            if path == "/read-wait" {
                reading += 1
                _ = try? await exchange.body.collect(upTo: 100)
            }
            waiting += 1
            while !Task.isCancelled, path != "/soon" || !areReleased {
                try? await Task.sleep(for: path == "/soon" ? .milliseconds(1) : .seconds(60))
            }
            waiting -= 1
            let text = Task.isCancelled ? "cancelled" : "whole"
            endings.append(text)
            exchange.respond(Response(body: Array(text.utf8)))
        case "/none": exchange.respond(Response(status: .noContent))
        case "/unchanged": exchange.respond(Response(status: .notModified))
        case "/copy":
            do {
                let body = try await exchange.body.collect(upTo: 8 << 20)
                exchange.respond(Response(body: body))
            } catch {
                failures.append(error)
            }
        case "/late":
            await withCheckedContinuation { patient = $0 }
            do {
                endings.append("\(try await exchange.body.collect(upTo: 1000).count)")
            } catch { failures.append(error) }
        case "/text": exchange.respond(Response(body: Array(Self.big.prefix(10_000))))
        case "/refuse":
            exchange.respond(Response(status: .contentTooLarge, body: Array("no".utf8)))
        case "/echo", "/patient":
            if path == "/patient" { await withCheckedContinuation { patient = $0 } }
            do {
                let body = try await exchange.body.collect(upTo: 1_000_000)
                exchange.respond(Response(body: body))
            } catch RequestBodyError.tooLarge {
                exchange.respond(Response(status: .contentTooLarge))
            } catch RequestBodyError.outOfMemory {
                exchange.respond(Response(status: .serviceUnavailable))
            } catch RequestBodyError.timedOut {
                exchange.respond(Response(status: .requestTimeout))
            } catch {
                exchange.respond(Response(status: .badRequest))
            }
        case "/double":
            let body = exchange.body
            let writer = exchange.respond(status: .ok, fields: [:])
            while let part = try? await body.next() { try? await writer.write(part + part) }
            writer.finish()
        case "/pieces":
            var count = 0
            while let part = try? await exchange.body.next(), !part.isEmpty { count += 1 }
            exchange.respond(Response(body: Array("\(count)".utf8)))
        case "/big": exchange.respond(Response(body: Self.big))
        case "/stream": await stream(exchange.respond(status: .ok, fields: [:]), pieces: 128)
        case "/small-pieces":
            await stream(exchange.respond(status: .ok, fields: [:]), pieces: 3, of: 10 << 10)
        case "/sized", "/short", "/long":
            let pieces = ["/sized": 64, "/short": 63, "/long": 65][path] ?? 0
            await stream(
                exchange.respond(status: .ok, fields: [.contentLength: "7"], length: 4 << 20),
                pieces: pieces)
        case "/unfinished":
            let writer = exchange.respond(status: .ok, fields: [:], length: 4)
            try? await writer.write(Array("half".utf8))
        case "/cut":
            let writer = exchange.respond(status: .ok, fields: [:])
            try? await writer.write(Array("half".utf8))
        case "/later":
            try? await Task.sleep(for: .milliseconds(2))
            exchange.respond(Response(body: Array("later".utf8)))
        default:
            exchange.respond(Response(body: Array("at \(path)".utf8)))
        }
    }

    /// Blocks the loop.
    private func spin(_ time: Duration) {
        let end = ContinuousClock.now + time
        while ContinuousClock.now < end {}
    }

    /// Writes pieces.
    private func stream(
        _ writer: consuming ResponseWriter, pieces: Int, of size: Int = 64 << 10
    ) async {
        let piece = [UInt8](repeating: 0x78, count: size)
        do {
            for _ in 0..<pieces { try await writer.write(piece) }
            writer.finish()
        } catch {
            failures.append(error)
        }
    }

    nonisolated func response(to error: HTTPProtocolError) -> Response {
        Response(
            status: HTTPResponse.Status(code: error.status), body: Array(error.reason.utf8))
    }

    func acceptingPaused(_ error: LibeventError) {}
    func connectionRejected() {}
    func handshakeFailed(_ failure: TLSFailure, from address: String) {
        handshakeFailures.append(failure.kind)
    }
    func refused(_ error: HTTPProtocolError, from address: String) {}
}

/// Sends frames to a stream as it takes them, and then ends it.
private final class StreamSender: FrameSinkOwner {
    private let sink: any FrameSink
    private var waiting: [Frame]
    private var skipped = 0
    /// Whether it was told that the stream has ended.
    private(set) var isTold = false

    init(_ sink: any FrameSink, _ frames: [Frame]) {
        self.sink = sink
        waiting = frames
        sink.owner = self
    }

    deinit { sink.owner = nil }

    func sinkIsWritable() {
        while !waiting.isEmpty {
            let part = Array(waiting.prefix(64))
            let run = FrameRun(part, framing: sink.framing, skipping: skipped)
            let count = sink.send(run)
            let (frames, rest) = run.position(after: count)
            skipped = frames == 0 ? skipped + rest : rest
            waiting.removeFirst(frames)
            if count < run.byteCount { return }
        }
        sink.finish()
    }

    func sinkClosed() { isTold = true }
}

func withServer(
    _ change: (inout HTTPLimits) -> Void = { _ in }, memory: MemoryBudget = MemoryBudget(),
    security: TLSStore? = nil,
    _ body: (String, TestResponder) async throws -> Void
) async throws {
    var limits = HTTPLimits()
    change(&limits)
    let loop = try EventLoop(name: "test")
    try loop.start()
    let responder = TestResponder(loop)
    let address = try await responder.listen(limits, memory, security)
    do { try await body(address, responder) } catch {
        await responder.close()
        loop.stop()
        throw error
    }
    await responder.close()
    loop.stop()
}
