import Compression
import GatewayGRPC
import Testing

@Suite struct MessageBufferTests {
    @Test func `messages come out as they went in, however they are cut`() throws {
        let messages: [[UInt8]] = [[], [1], [UInt8](repeating: 7, count: 300), [2, 3]]
        let bytes = messages.flatMap { MessageBuffer.frame($0) }
        for step in [1, 2, 4, 5, 6, 7, 64, bytes.count] {
            var buffer = MessageBuffer(limit: 1000)
            var found: [[UInt8]] = []
            for start in stride(from: 0, to: bytes.count, by: step) {
                buffer.append(Array(bytes[start..<min(start + step, bytes.count)]))
                while let message = try buffer.next() { found.append(message) }
            }
            #expect(found == messages)
            #expect(buffer.isEmpty)
        }
    }

    @Test func `the length is checked when the prefix is there`() {
        var buffer = MessageBuffer(limit: 1000)
        buffer.append([0, 0, 0, 3, 0xE9])
        #expect(
            throws: GRPCStatus(
                .resourceExhausted, "received message larger than max (1001 vs. 1000)")
        ) { try buffer.next() }
        var longest = MessageBuffer(limit: 1000)
        longest.append([0, 0xFF, 0xFF, 0xFF, 0xFF])
        #expect(throws: GRPCStatus.self) { try longest.next() }
    }

    @Test func `an unknown flag ends the call`() {
        var buffer = MessageBuffer(limit: 1000)
        buffer.append([2, 0, 0, 0, 0])
        #expect(throws: GRPCStatus(.internal, "a message with an unknown flag")) {
            try buffer.next()
        }
    }

    @Test func `a compressed message needs its coding`() throws {
        let packed = try #require(Gzip.compress(Array("a message".utf8)))
        let bytes = MessageBuffer.frame(packed, isCompressed: true)
        var plain = MessageBuffer(limit: 1000)
        plain.append(bytes)
        #expect(throws: GRPCStatus.self) { try plain.next() }
        var gzip = MessageBuffer(limit: 1000, coding: .gzip)
        gzip.append(bytes)
        #expect(try gzip.next() == Array("a message".utf8))
    }

    @Test func `a compressed bomb is refused at the limit of a message`() throws {
        let bomb = try #require(Gzip.compress([UInt8](repeating: 0, count: 1 << 20)))
        var buffer = MessageBuffer(limit: 100_000, coding: .gzip)
        buffer.append(MessageBuffer.frame(bomb, isCompressed: true))
        let error = #expect(throws: GRPCStatus.self) { try buffer.next() }
        #expect(error?.code == .resourceExhausted)
    }
}
