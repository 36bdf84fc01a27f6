import Frames
import Glibc
import HTTP2
import HTTPTypes
import TestSupport
import Testing

/// Random interleavings of everything: what arrives at the client, for every stream, is what was
/// sent.
@Suite struct InterleavingTests {
    /// What frames are cut from: made once, because making it byte by byte takes most of the time.
    private static let noise = (0..<(64 << 10)).map { _ in UInt8.random(in: 0...255) }

    private static func frame(using random: inout Seeded, sizes: [Int]) -> Frame {
        let size = sizes.randomElement(using: &random) ?? 1
        let start = Int.random(in: 0...(noise.count - size), using: &random)
        return Frame(Array(noise[start..<(start + size)]))
    }

    /// Returns whether the first bytes of `all` are `start`.
    private static func begins(_ all: [UInt8], with start: [UInt8]) -> Bool {
        start.count <= all.count && memcmp(all, start, start.count) == 0
    }

    /// What a stream has sent, as a hub would send it: what is not taken waits.
    private final class Sender {
        let stream: HTTP2Stream
        var sent: [UInt8] = []
        var taken = 0
        var waiting: [Frame] = []
        var skipping = 0
        var isEnding = false
        var hasTrailers = false
        var isFinished = false

        init(_ stream: HTTP2Stream) { self.stream = stream }

        func drain() {
            while !waiting.isEmpty {
                let run = FrameRun(waiting, framing: .plain, skipping: skipping)
                let count = stream.send(run)
                taken += count
                let position = run.position(after: count)
                skipping = position.frames == 0 ? skipping + position.bytes : position.bytes
                waiting.removeFirst(position.frames)
                if count < run.byteCount { return }
            }
            if isEnding, !isFinished {
                isFinished = true
                stream.finish(trailers: hasTrailers ? [.named("end"): "1"] : nil)
            }
        }
    }

    @Test(arguments: 0..<60)
    func `what arrives is what was sent, for every stream`(_ index: Int) {
        let seed = testSeed()
        var random = Seeded(seed: seed)
        let window = [0, 100, 5000, 65_535, 1 << 20].randomElement(using: &random) ?? 0
        let server = TestServer { $0.controlFrames = .init(burst: 1 << 29, perSecond: 0) }
        let client = HTTP2Client(
            window: UInt32(window),
            connectionWindow: [65_535, 70_000, 1 << 20].randomElement(using: &random) ?? 65_535)
        client.consumes = false
        server.session.isBatching = Bool.random(using: &random)
        server.output.room = 0
        // Small windows need many turns for each byte.
        let sizes = window > 5000 ? [1, 13, 400, 600, 5000, 20_000] : [1, 13, 400, 600, 3000]
        var senders: [Int32: Sender] = [:]
        var wasReset: Set<Int32> = []
        server.onRequest = { stream in
            senders[stream.id] = Sender(stream)
            stream.begin(.ok, [:])
        }
        server.onWritable = { senders[$0.id]?.drain() }

        for _ in 0..<400 {
            let sender = senders.values.sorted { $0.stream.id < $1.stream.id }
                .randomElement(using: &random)
            switch Int.random(in: 0..<12, using: &random) {
            case 0:
                if client.responses.count < 40 { _ = client.request("/") }
            case 1:
                server.receive(client.output())
            case 2:
                client.receive(server.output.takeBytes())
            case 3:
                // As many bytes in all, and in one call.
                let room =
                    [
                        (0, 0), (1, 1), (10, 3), (500, 1), (20_000, 50), (20_000, 3000),
                        (1 << 20, .max),
                    ]
                    .randomElement(using: &random) ?? (0, 0)
                (server.output.room, server.output.callLimit) = room
                server.session.flush()
            case 4:
                server.session.flush()
            case 5:
                for (id, count) in client.unconsumed.sorted(by: { $0.key < $1.key }) {
                    client.consume(Int.random(in: 0...max(1, count), using: &random), of: id)
                }
            case 6:
                if let sender, !sender.isEnding, Int.random(in: 0..<4, using: &random) == 0 {
                    sender.isEnding = true
                    sender.hasTrailers = Bool.random(using: &random)
                    sender.drain()
                }
            case 7:
                if let sender, Int.random(in: 0..<8, using: &random) == 0 {
                    wasReset.insert(sender.stream.id)
                    if Bool.random(using: &random) {
                        sender.stream.reset(code: 8)
                    } else {
                        client.reset(sender.stream.id)
                    }
                }
            case 8:
                server.session.isBatching = Bool.random(using: &random)
            default:
                guard let sender, !sender.isEnding else { continue }
                let frames = (0..<Int.random(in: 1...8, using: &random)).map { _ in
                    Self.frame(using: &random, sizes: sizes)
                }
                for frame in frames { sender.sent += frame.bytes(.plain) }
                let waited = !sender.waiting.isEmpty
                sender.waiting += frames
                if !waited { sender.drain() }
            }
        }
        // Now everything that is open ends, and the client reads all.
        server.output.room = .max
        server.output.callLimit = .max
        server.onRequest = { stream in
            senders[stream.id] = Sender(stream)
            stream.begin(.ok, [:])
            stream.finish()
        }
        client.consumes = true
        for sender in senders.values {
            sender.isEnding = true
            if sender.waiting.isEmpty { sender.drain() }
        }
        client.exchange(with: server)
        for _ in 0..<20_000 where !client.unconsumed.values.allSatisfy({ $0 == 0 }) {
            for (id, count) in client.unconsumed { client.consume(count, of: id) }
            client.exchange(with: server)
        }
        for sender in senders.values where sender.waiting.isEmpty { sender.drain() }
        client.exchange(with: server)

        let seedText = Comment(rawValue: "seed \(seed), window \(window)")
        #expect(!client.hasFailed, seedText)
        #expect(client.goAways.isEmpty, seedText)
        for (id, sender) in senders {
            let response = client.responses[id]
            let body = response?.body ?? []
            if wasReset.contains(id) {
                #expect(Self.begins(sender.sent, with: body), seedText)
            } else if window > 0 {
                #expect(body.count == sender.sent.count, seedText)
                #expect(Self.begins(sender.sent, with: body), seedText)
                #expect(response?.closeCode == 0, seedText)
                #expect(server.closed[id] == 0, seedText)
                #expect(response?.trailers.isEmpty == !sender.hasTrailers, seedText)
            } else {
                #expect(body.isEmpty, seedText)
            }
        }
    }
}
