import Glibc
import Libevent
import TLS
import TestSupport
import Testing

/// One suite for every `ByteStream`: what is above a stream must not know which one it has.
@Suite(.timeLimit(.minutes(1))) struct ByteStreamTests {
    enum Kind: CaseIterable { case plain, encrypted }

    @Test(arguments: Kind.allCases)
    func `bytes arrive whole and in order, in both directions at once`(kind: Kind) async throws {
        try await withPair(kind) { pair in
            var random = Seeded(seed: testSeed())
            let sent = (0..<2).map { _ in
                (0..<(600_000)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            }
            await pair.send(sent[0], from: .left)
            await pair.send(sent[1], from: .right)
            try await until { await pair.received(by: .right).count == sent[0].count }
            try await until { await pair.received(by: .left).count == sent[1].count }
            #expect(await pair.received(by: .right) == sent[0])
            #expect(await pair.received(by: .left) == sent[1])
            for side in [Pair.Side.left, .right] { try await until { await pair.isAtRest(side) } }
        }
    }

    @Test(arguments: Kind.allCases)
    func `a peer that does not read makes the writer wait, and nothing is lost`(kind: Kind)
        async throws
    {
        try await withPair(kind) { pair in
            await pair.setReading(false, .right)
            let sent = (0..<(3 << 20)).map { UInt8(truncatingIfNeeded: $0 / 7) }
            await pair.send(sent, from: .left)
            // The kernel takes a part of it, and then no more.
            try await until { await pair.isWaiting(.left) }
            #expect(await pair.received(by: .right).isEmpty)
            #expect(await pair.unacknowledged(by: .left) > 0)
            await pair.setReading(true, .right)
            try await until { await pair.received(by: .right).count == sent.count }
            #expect(await pair.received(by: .right) == sent)
        }
    }

    @Test(arguments: Kind.allCases)
    func `the end of one side leaves the other open`(kind: Kind) async throws {
        try await withPair(kind) { pair in
            await pair.send(Array("last words".utf8), from: .left, thenEnd: true)
            try await until { await pair.hasEnded(.right) }
            #expect(await pair.received(by: .right) == Array("last words".utf8))
            #expect(await pair.state(.right) == .finishedSending)
            #expect(await pair.state(.left) == .connected)
            await pair.send(Array("an answer".utf8), from: .right)
            try await until { await pair.received(by: .left).count == 9 }
            #expect(await pair.received(by: .left) == Array("an answer".utf8))
        }
    }

    @Test(arguments: Kind.allCases)
    func `a closed stream calls its handler no more, and its peer reads the end`(kind: Kind)
        async throws
    {
        try await withPair(kind) { pair in
            await pair.send([UInt8](repeating: 1, count: 1000), from: .left)
            try await until { await pair.received(by: .right).count == 1000 }
            let calls = await pair.close(.right)
            await pair.send([2], from: .left)
            try await until { await pair.hasEnded(.left) }
            #expect(await pair.isClosed(.right))
            #expect(await pair.calls(.right) == calls)
        }
    }

    /// Connects two streams on one loop, and closes them afterwards.
    private func withPair(_ kind: Kind, _ body: (Pair) async throws -> Void) async throws {
        let loop = try EventLoop(name: "test")
        try loop.start()
        defer { loop.stop() }
        let pair = Pair(loop)
        try await pair.connect(kind)
        try await until { await pair.isReady }
        try await body(pair)
        await pair.closeAll()
    }
}

/// Two streams that are connected with each other.
private actor Pair: LoopActor {
    enum Side: Int { case left, right }

    nonisolated let loop: EventLoop
    private var ends: [End] = []

    init(_ loop: EventLoop) { self.loop = loop }

    var isReady: Bool { ends.count == 2 && ends.allSatisfy(\.isReady) }

    func connect(_ kind: ByteStreamTests.Kind) throws {
        let (accepted, connected) = try TestPair.sockets(64 << 10, 64 << 10)
        let sockets = [accepted, connected].map { SocketStream(descriptor: $0, loop: loop) }
        guard kind == .encrypted else {
            ends = sockets.map { End($0) }
            for end in ends { end.begin() }
            return
        }
        let certificates = try TestCertificates.get()
        let server = TLSStream(
            sockets[0], context: try TLSContext(.init(certificates: [certificates.files("server")]))
        )
        let client = TLSStream(
            sockets[1], context: try TLSClientContext(.init(trust: .file(certificates.ca))),
            serverName: "localhost")
        ends = [End(server), End(client)]
        for (stream, end) in zip([server, client], ends) {
            stream.startHandshake { failure in
                if failure == nil { end.begin() }
            }
        }
    }

    func send(_ bytes: [UInt8], from side: Side, thenEnd: Bool = false) {
        ends[side.rawValue].send(bytes, thenEnd: thenEnd)
    }

    func setReading(_ isReading: Bool, _ side: Side) {
        let stream = ends[side.rawValue].stream
        if isReading { stream.watchReads() } else { stream.ignoreReads() }
    }

    func received(by side: Side) -> [UInt8] { ends[side.rawValue].received }
    func hasEnded(_ side: Side) -> Bool { ends[side.rawValue].hasEnded }
    func state(_ side: Side) -> PeerState { ends[side.rawValue].stream.peerState }
    func isClosed(_ side: Side) -> Bool { ends[side.rawValue].stream.isClosed }
    func calls(_ side: Side) -> Int { ends[side.rawValue].calls }
    func isWaiting(_ side: Side) -> Bool { ends[side.rawValue].isWaiting }

    func unacknowledged(by side: Side) -> Int { ends[side.rawValue].stream.unacknowledgedCount }

    /// Whether the peer has everything.
    func isAtRest(_ side: Side) -> Bool {
        let stream = ends[side.rawValue].stream
        return stream.isFlushed && stream.unacknowledgedCount == 0
    }

    /// Closes a side.
    /// - Returns: how often its handler was called until then.
    func close(_ side: Side) -> Int {
        ends[side.rawValue].stream.close()
        return ends[side.rawValue].calls
    }

    func closeAll() { for end in ends { end.stream.close() } }
}

/// A side of a connection: reads all that comes, and writes what it is told.
private final class End: ByteStreamHandler {
    let stream: any ByteStream
    private(set) var received: [UInt8] = []
    private(set) var hasEnded = false
    private(set) var isReady = false
    private(set) var calls = 0
    /// Whether there was no room for all, and the stream was asked to tell of room.
    private(set) var isWaiting = false
    private var rest: ArraySlice<UInt8> = []
    private var endsAfterwards = false
    private var buffer = [UInt8](repeating: 0, count: 10_000)

    init(_ stream: any ByteStream) { self.stream = stream }

    func begin() {
        stream.handler = self
        stream.watchReads()
        isReady = true
    }

    func send(_ bytes: [UInt8], thenEnd: Bool) {
        rest += bytes
        endsAfterwards = thenEnd
        write()
    }

    func streamIsReadable() {
        calls += 1
        while true {
            switch buffer.withUnsafeMutableBytes({ stream.read(into: $0) }) {
            case .count(let count): received += buffer[..<count]
            case .nothing: return
            case .ended:
                hasEnded = true
                return stream.ignoreReads()
            }
        }
    }

    func streamIsWritable() {
        calls += 1
        isWaiting = false
        write()
    }

    /// Writes in two pieces, as the hub writes many.
    private func write() {
        while !rest.isEmpty {
            let part = Array(rest.prefix(100_000))
            let result = part.withUnsafeBytes { bytes in
                let middle = bytes.count / 3
                let base = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
                let pieces = [
                    iovec(iov_base: base, iov_len: middle),
                    iovec(iov_base: base.map { $0 + middle }, iov_len: bytes.count - middle),
                ]
                return pieces.withUnsafeBufferPointer { stream.write($0) }
            }
            guard case .count(let count) = result else { return rest = [] }
            rest = rest.dropFirst(count)
            guard count == part.count else {
                isWaiting = true
                return stream.awaitWritable()
            }
        }
        if endsAfterwards { stream.shutdownWrites() }
    }
}
