import HTTP2
import HTTPTypes
import TestSupport
import Testing

@Suite struct ResponseTests {
    @Test func `a small response is one HEADERS and one DATA frame in one write`() {
        let server = TestServer()
        server.start()
        server.onRequest = { $0.respond(.ok, [.contentType: "text/plain"], body: Array("hi".utf8)) }
        let writes = server.output.writeCount
        server.receive(.request(1))
        #expect(server.output.writeCount == writes + 1)
        let frames = server.frames()
        #expect(frames.map(\.kind) == [.headers, .data])
        #expect(frames[1].payload == Array("hi".utf8))
        #expect(frames[1].flags == RawFrame.endStream)
        #expect(server.closed[1] == 0)
        #expect(server.session.streamCount == 0)
    }

    @Test func `a response without content ends with its header section`() {
        let server = TestServer()
        server.start()
        server.onRequest = { $0.respond(.noContent, [:]) }
        server.receive(.request(1))
        #expect(server.frames().map(\.flags) == [RawFrame.endStream | RawFrame.endHeaders])
    }

    @Test func `fields of a connection are not sent, and names are in lower case`() {
        let (server, client) = (TestServer(), HTTP2Client())
        server.onRequest = { stream in
            var fields = HTTPFields()
            fields[.connection] = "close"
            fields[.transferEncoding] = "chunked"
            fields[.named("Keep-Alive")] = "1"
            fields[.named("X-Name")] = "v"
            stream.respond(.ok, fields)
        }
        let id = client.request("/")
        client.exchange(with: server)
        #expect(client.responses[id]?.fields.map(\.0) == ["x-name"])
    }

    @Test func `a large body arrives whole through small windows and short writes`() {
        let (server, client) = (TestServer(), HTTP2Client(window: 1000, connectionWindow: 70_000))
        let body = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 3) }
        server.output.callLimit = 777
        server.onRequest = { $0.respond(.ok, [:], body: body) }
        let id = client.request("/")
        client.exchange(with: server)
        #expect(client.responses[id]?.body == body)
        #expect(client.responses[id]?.hasEnded == true)
        #expect(!client.hasFailed)
    }

    @Test func `an output that takes one byte at a time loses nothing`() {
        let (server, client) = (TestServer(), HTTP2Client())
        server.output.callLimit = 1
        let body = (0..<5000).map { UInt8(truncatingIfNeeded: $0) }
        server.onRequest = { $0.respond(.ok, [:], body: body) }
        let ids = (0..<3).map { _ in client.request("/") }
        client.exchange(with: server)
        for id in ids { #expect(client.responses[id]?.body == body) }
    }

    @Test func `trailers follow the body`() {
        let (server, client) = (TestServer(), HTTP2Client())
        server.onRequest = { stream in
            stream.begin(.ok, [.contentType: "application/grpc"])
            stream.write([1, 2])
            stream.write([3])
            stream.finish(trailers: [.named("grpc-status"): "0"])
        }
        let id = client.request("/")
        client.exchange(with: server)
        #expect(client.responses[id]?.body == [1, 2, 3])
        #expect(client.responses[id]?.trailers.map(\.0) == ["grpc-status"])
        #expect(client.responses[id]?.closeCode == 0)
    }

    @Test func `trailers follow also when the body was sent before`() {
        let (server, client) = (TestServer(), HTTP2Client())
        server.onRequest = { $0.begin(.ok, [:]) }
        let id = client.request("/")
        client.exchange(with: server)
        server.stream(id)?.write([1])
        client.exchange(with: server)
        server.stream(id)?.finish(trailers: [.named("a"): "b"])
        server.session.flush()
        client.exchange(with: server)
        #expect(client.responses[id]?.body == [1])
        #expect(client.responses[id]?.trailers.map(\.1) == ["b"])
        #expect(client.responses[id]?.hasEnded == true)
    }

    @Test func `streams of a connection take turns`() {
        let server = TestServer()
        server.start([(4, 1 << 20)])
        server.receive(.windowUpdate(0, 1 << 24))
        _ = server.output.takeBytes()
        server.onRequest = { $0.respond(.ok, [:], body: [UInt8](repeating: 0, count: 200_000)) }
        server.output.room = 0
        server.receive(.request(1), .request(3), .request(5))
        server.output.room = .max
        server.session.flush()
        let order = server.frames().filter { $0.kind == .data }.map(\.stream)
        for part in stride(from: 0, to: 30, by: 3) {
            #expect(Set(order[part..<(part + 3)]) == [1, 3, 5])
        }
    }

    @Test func `a stream whose client opens no window harms no other`() {
        let server = TestServer()
        server.start([(4, 0)])
        server.onRequest = { $0.respond(.ok, [:], body: [UInt8](repeating: 0, count: 30_000)) }
        server.receive(.request(1), .request(3), .windowUpdate(3, 40_000))
        let data = server.frames().filter { $0.kind == .data }
        #expect(Set(data.map(\.stream)) == [3])
        #expect(data.map(\.payload.count).reduce(0, +) == 30_000)
        #expect(server.closed == [3: 0])
        server.receive(.windowUpdate(1, 40_000))
        #expect(server.closed == [1: 0, 3: 0])
    }

    @Test func `a writer learns when to wait and when to go on`() {
        let server = TestServer()
        server.start([(4, 1 << 20)])
        server.receive(.windowUpdate(0, 1 << 24))
        var writable = 0
        server.onWritable = { _ in writable += 1 }
        server.onRequest = { $0.begin(.ok, [:]) }
        server.receive(.request(1))
        server.output.room = 1000
        let stream = server.stream(1)
        for _ in 0..<30 { stream?.write([UInt8](repeating: 0, count: 16384)) }
        server.session.flush()
        #expect(stream?.isAboveHighWater == true)
        #expect(writable == 0)
        #expect(server.session.preparedCount < 128 << 10)
        server.output.room = .max
        server.session.flush()
        #expect(stream?.isAboveHighWater == false)
        #expect(stream?.queuedCount == 0)
        #expect(writable > 0)
    }

    @Test func `a blocked response is known by its time until the client takes it`() {
        let server = TestServer()
        server.start([(4, 1000)])
        server.onRequest = { $0.respond(.ok, [:], body: [UInt8](repeating: 0, count: 200_000)) }
        server.time = .seconds(5)
        server.receive(.request(1))
        #expect(server.session.oldestBlockedWrite == .seconds(5))
        server.time = .seconds(20)
        server.receive(.windowUpdate(1, 10))
        #expect(server.session.oldestBlockedWrite == .seconds(5), "ten bytes are no progress")
        #expect(server.session.streams(blockedSince: .seconds(4)).isEmpty)
        #expect(server.session.streams(blockedSince: .seconds(5)).map(\.id) == [1])
        server.receive(.windowUpdate(0, 1 << 20), .windowUpdate(1, 100_000))
        #expect(server.session.oldestBlockedWrite == .seconds(20))
        server.receive(.windowUpdate(1, 200_000))
        #expect(server.session.oldestBlockedWrite == nil)
        #expect(server.closed == [1: 0])
    }
}
