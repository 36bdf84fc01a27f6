import COpenSSL
import Foundation
import Glibc
import TLS
import TestSupport
import Testing

@Suite struct TLSFailureTests {
    private func server() throws -> TestServer {
        let certificates = try TestCertificates.get()
        let context = try TLSContext(.init(certificates: [certificates.files("server")]))
        return try TestServer(
            context: { context },
            failed: { connection, failure in
                guard failure.kind == .plainHTTP else { return }
                let text = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nuse https\n"
                _ = Array(text.utf8).withUnsafeBytes {
                    send(connection.descriptor, $0.baseAddress, $0.count, 0)
                }
            }, body: describe)
    }

    @Test(arguments: [
        "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE", "PRI",
    ])
    func `a request without TLS can be answered in the clear`(method: String) async throws {
        let server = try server()
        let client = try SocketClient(server.address)
        try await client.send("\(method) / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.finishSending()
        let text = String(decoding: try await client.readToEnd(), as: UTF8.self)
        // Nothing came before the response.
        #expect(text.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        let failure = try await server.firstFailure()
        #expect(failure.kind == .plainHTTP)
        #expect(failure.needsLinger)
    }

    @Test func `a request without TLS is recognised byte by byte`() async throws {
        let server = try server()
        let client = try SocketClient(server.address)
        for byte in Array("DELETE / HTTP/1.1\r\n\r\n".utf8) {
            try await client.send([byte])
            try await Task.sleep(for: .milliseconds(1))
        }
        #expect(try await server.firstFailure().kind == .plainHTTP)
    }

    @Test(arguments: [
        [0, 0, 0, 0, 0, 0], Array("SSH-2.0-x\r\n".utf8), [0x7F, 0xFE, 1, 2, 3, 4, 5],
    ])
    func `other bytes are reported as no TLS`(bytes: [UInt8]) async throws {
        let server = try server()
        let client = try SocketClient(server.address)
        try await client.send(bytes)
        #expect(try await server.firstFailure().kind == .notTLS)
    }

    @Test func `a broken record of a handshake is a protocol error with an alert`() async throws {
        let server = try server()
        let client = try SocketClient(server.address)
        try await client.send([22, 3, 1, 0, 8, 2, 0, 0, 4, 1, 2, 3, 4])
        #expect(try await server.firstFailure().kind == .protocolError)
        client.finishSending()
        // 21: a record with an alert.
        #expect(try await client.readToEnd().first == 21)
    }

    @Test(arguments: [true, false])
    func `a handshake that is cut off ends as disconnected`(isReset: Bool) async throws {
        let server = try server()
        let client = try SocketClient(server.address)
        // The beginning of a ClientHello of 512 bytes.
        try await client.send(
            [22, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3] + Array(repeating: 7, count: 60))
        if isReset { client.reset() } else { client.finishSending() }
        let failure = try await server.firstFailure()
        #expect(failure.kind == .disconnected)
        #expect(!failure.needsLinger)
    }

    @Test func `a client that distrusts the certificate is reported by its alert`() async throws {
        let server = try server()
        let certificates = try TestCertificates.get()
        let result = try await blocking {
            try runProgram([
                "openssl", "s_client", "-connect", server.address, "-CAfile", certificates.otherCA,
                "-verify_return_error",
            ])
        }
        #expect(result.output.contains("certificate verify failed"))
        let failure = try await server.firstFailure()
        #expect(failure.kind == .alert)
        #expect(failure.reason == "tlsv1 alert unknown ca")
    }

    @Test func `records without data are bounded`() throws {
        let pair = try HostilePair()
        var buffer = [UInt8](repeating: 0, count: 1000)
        for _ in 0..<1000 { try pair.updateKeys() }
        var failure: TLSFailure?
        let deadline = ContinuousClock.now + .seconds(20)
        while failure == nil, ContinuousClock.now < deadline {
            if case .failed(let found) = buffer.withUnsafeMutableBytes({
                pair.server.session.read(into: $0)
            }) {
                failure = found
            }
        }
        #expect(failure?.kind == .flood)
    }

    @Test func `a few key updates between data are no flood`() throws {
        let pair = try HostilePair()
        for index in 0..<200 {
            try pair.updateKeys()
            try pair.send([UInt8(index)])
            #expect(try pair.server.read() == [UInt8(index)])
            try pair.server.send([UInt8(index)])
        }
    }

    @Test func `a key update that comes while a record waits to be sent harms nothing`() throws {
        let pair = try HostilePair(sendBuffer: 4096)
        let piece = [UInt8](repeating: 5, count: 30_000)
        var taken = 0
        while case let count = piece.withUnsafeBytes({ pair.server.session.stage($0) }), count > 0 {
            taken += count
        }
        try pair.updateKeys()
        var buffer = [UInt8](repeating: 0, count: 1000)
        var received = 0
        let deadline = ContinuousClock.now + .seconds(20)
        // The client reads nothing before the server has read the update.
        var poll = pollfd(fd: pair.server.descriptor, events: Int16(POLLIN), revents: 0)
        #expect(Glibc.poll(&poll, 1, 20_000) == 1)
        while received < taken, ContinuousClock.now < deadline {
            if case .failed(let failure) = buffer.withUnsafeMutableBytes({
                pair.server.session.read(into: $0)
            }) {
                throw failure
            }
            if case .failed(let failure) = pair.server.session.flush() { throw failure }
            received += pair.receive()
        }
        #expect(received == taken)
    }

    @Test func `kinds have different names for metrics`() {
        let names = TLSFailure.Kind.allCases.map { "\($0.name)" }
        #expect(Set(names).count == names.count)
    }
}

/// A client on OpenSSL itself, which does what no correct client does.
private final class HostilePair {
    let server: TestConnection
    private let client: OpaquePointer
    private let context: OpaquePointer
    private let descriptor: Int32

    init(sendBuffer: Int32? = nil) throws {
        let certificates = try TestCertificates.get()
        let (accepted, connected) = try TestPair.sockets(sendBuffer, sendBuffer)
        server = TestConnection(
            descriptor: accepted,
            session: TLSSession(
                descriptor: accepted,
                context: try TLSContext(.init(certificates: [certificates.files("server")]))))
        context = try #require(SSL_CTX_new(TLS_client_method()))
        client = try #require(SSL_new(context))
        descriptor = connected
        SSL_set_fd(client, connected)
        SSL_set_connect_state(client)
        let deadline = ContinuousClock.now + .seconds(20)
        var isDone = false
        while !isDone, ContinuousClock.now < deadline {
            let code = SSL_do_handshake(client)
            if case .done = server.session.handshake(), code == 1 { isDone = true }
        }
        try #require(isDone)
    }

    deinit {
        SSL_free(client)
        SSL_CTX_free(context)
        close(descriptor)
    }

    /// Changes the client's keys, and demands that the server changes its own.
    func updateKeys() throws {
        try #require(SSL_key_update(client, SSL_KEY_UPDATE_REQUESTED) == 1)
        try #require(SSL_do_handshake(client) == 1)
    }

    func send(_ bytes: [UInt8]) throws {
        try #require(SSL_write(client, bytes, Int32(bytes.count)) == bytes.count)
    }

    /// How many bytes came.
    func receive() -> Int {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        return max(0, Int(SSL_read(client, &buffer, Int32(buffer.count))))
    }
}
