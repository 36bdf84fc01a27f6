import Foundation
import Glibc
import TLS
import Testing

/// Bytes that repeat only after a long time.
private func pattern(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
    }
}

/// Sends with both sides in one thread, and reads only when nothing more can be sent.
private func transfer(
    _ pair: TestPair, frames: (_ index: Int) -> [UInt8]?, dropsWhatIsNotTaken: Bool
) throws -> (sent: [UInt8], received: [UInt8], blockedCount: Int) {
    var (sent, received) = ([UInt8](), [UInt8]())
    var buffer = [UInt8](repeating: 0, count: 20_000)
    var blockedCount = 0
    var (index, rest) = (0, [UInt8]())
    var isAtEnd = false
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
        if rest.isEmpty, !isAtEnd {
            if let frame = frames(index) { rest = frame } else { isAtEnd = true }
            index += 1
        }
        let taken = rest.withUnsafeBytes { pair.server.session.stage($0) }
        sent += rest[..<taken]
        rest.removeFirst(taken)
        switch pair.server.session.flush() {
        case .done:
            #expect(pair.server.session.isEmpty)
            if isAtEnd, received.count == sent.count { return (sent, received, blockedCount) }
            if !isAtEnd { continue }
        case .wantsWrite: blockedCount += 1
        case .wantsRead: Issue.record("a write never waits for a read")
        case .failed(let failure): throw failure
        }
        if dropsWhatIsNotTaken { rest = [] }
        while case .bytes(let count) = buffer.withUnsafeMutableBytes({
            pair.client.session.read(into: $0)
        }) {
            received += buffer[..<count]
        }
    }
    throw ProgramFailure(description: "the transfer did not end in time")
}

@Suite struct TLSWriteTests {
    @Test func `16 MiB arrive byte for byte through a send buffer of 4 KiB`() throws {
        let pair = try TestPair(sendBuffer: 4096, receiveBuffer: 8192)
        let all = pattern(16 << 20)
        let result = try transfer(
            pair, frames: { $0 == 0 ? all : nil }, dropsWhatIsNotTaken: false)
        #expect(result.received == all)
        #expect(result.blockedCount > 100)
    }

    @Test func `what was taken is sent, also if other bytes are offered after a blocked record`()
        throws
    {
        let pair = try TestPair(sendBuffer: 4096, receiveBuffer: 8192)
        // Whatever is not taken is replaced by the next frame, as a full queue replaces events.
        let result = try transfer(
            pair,
            frames: { $0 < 600 ? pattern(1 + $0 * 7919 % 40_000, seed: UInt64($0)) : nil },
            dropsWhatIsNotTaken: true)
        #expect(result.received == result.sent)
        #expect(result.blockedCount > 50)
    }

    @Test func `at most 16 KiB are staged while the socket takes nothing`() throws {
        let pair = try TestPair(sendBuffer: 4096, receiveBuffer: 4096)
        let piece = pattern(1000)
        var taken = 0
        var last = 0
        repeat {
            last = piece.withUnsafeBytes { pair.server.session.stage($0) }
            taken += last
            _ = pair.server.session.flush()
        } while last == piece.count && taken < 8 << 20
        #expect(last < piece.count)
        #expect(!pair.server.session.isEmpty)
        #expect(piece.withUnsafeBytes { pair.server.session.stage($0) } == 0)
    }

    @Test func `a burst of small frames leaves in full records`() throws {
        let pair = try TestPair()
        try drainTickets(pair)
        for index in 0..<64 {
            let frame = pattern(400, seed: UInt64(index))
            #expect(frame.withUnsafeBytes { pair.server.session.stage($0) } == 400)
        }
        guard case .done = pair.server.session.flush() else {
            Issue.record("the socket has room")
            return
        }
        let wire = try peek(pair.client.descriptor, atLeast: 25_600)
        // 16,384 and 9,216 bytes, each with a content type and a tag of 16 bytes.
        #expect(records(wire) == [16_401, 9_233])
    }

    @Test func `a large run of bytes leaves in full records`() throws {
        let pair = try TestPair()
        try drainTickets(pair)
        let bytes = pattern(40_000)
        #expect(bytes.withUnsafeBytes { pair.server.session.stage($0) } == 40_000)
        _ = pair.server.session.flush()
        #expect(
            records(try peek(pair.client.descriptor, atLeast: 40_000)) == [16_401, 16_401, 7249])
    }

    @Test func `staging before the handshake sends nothing in the clear`() throws {
        let certificates = try TestCertificates.get()
        let (accepted, connected) = try TestPair.sockets(nil, nil)
        let context = try TLSContext(.init(certificates: [certificates.files("server")]))
        let server = TestConnection(
            descriptor: accepted, session: TLSSession(descriptor: accepted, context: context))
        defer { close(connected) }
        let bytes = pattern(40_000)
        #expect(bytes.withUnsafeBytes { server.session.stage($0) } == 16_384)
        guard case .wantsRead = server.session.flush() else {
            Issue.record("the handshake waits for the client")
            return
        }
        var byte: UInt8 = 0
        #expect(recv(connected, &byte, 1, Int32(MSG_DONTWAIT)) == -1)
    }

    @Test func `the announced end is read after all bytes, and reading goes on`() throws {
        let pair = try TestPair()
        try pair.server.send(Array("last words".utf8))
        pair.server.session.finish()
        pair.server.session.finish()
        #expect([1].withUnsafeBytes { pair.server.session.stage($0) } == 0)
        #expect(try pair.client.read() == Array("last words".utf8))
        #expect(try pair.client.read() == [])
        try pair.client.send(Array("answer".utf8))
        #expect(try pair.server.read() == Array("answer".utf8))
    }

    @Test func `a peer that vanished ends the connection without a signal`() throws {
        let pair = try TestPair()
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
            pair.client.descriptor, SOL_SOCKET, SO_LINGER, &linger,
            socklen_t(MemoryLayout.size(ofValue: linger)))
        // A reset, as the kernel of a program that crashed sends it.
        shutdown(pair.client.descriptor, Int32(SHUT_RDWR))
        let null = open("/dev/null", O_RDONLY)
        dup2(null, pair.client.descriptor)
        close(null)
        #expect(throws: TLSFailure.self) {
            for _ in 0..<100 { try pair.server.send(pattern(100_000)) }
        }
        guard case .failed(let failure) = pair.server.session.flush() else {
            Issue.record("the failure is kept")
            return
        }
        #expect(failure.kind == .disconnected)
    }

    /// Reads the session tickets, which would be counted as records otherwise.
    private func drainTickets(_ pair: TestPair) throws {
        try pair.server.send([1])
        #expect(try pair.client.read() == [1])
    }

    private func peek(_ descriptor: Int32, atLeast count: Int) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 128 << 10)
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            let found = recv(descriptor, &buffer, buffer.count, Int32(MSG_PEEK))
            if found >= count { return Array(buffer[..<found]) }
        }
        throw ProgramFailure(description: "the bytes did not come in time")
    }

    /// The lengths of the records.
    private func records(_ wire: [UInt8]) -> [Int] {
        var lengths: [Int] = []
        var index = 0
        while index + 5 <= wire.count {
            lengths.append(Int(wire[index + 3]) << 8 | Int(wire[index + 4]))
            index += 5 + (lengths.last ?? 0)
        }
        return lengths
    }
}
