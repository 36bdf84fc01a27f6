import Compression
import Testing

@Suite struct GzipTests {
    @Test(arguments: [0, 1, 100, 32 << 10, 100_000])
    func `what is compressed comes back`(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 5) }
        let packed = try #require(Gzip.compress(bytes))
        #expect(packed.prefix(2).elementsEqual([0x1F, 0x8B]))
        #expect(try Gzip.decompress(packed, limit: count) == bytes)
    }

    @Test func `a bomb is refused at the limit`() throws {
        let bomb = try #require(Gzip.compress([UInt8](repeating: 0, count: 64 << 20)))
        #expect(bomb.count < 1 << 20)
        #expect(throws: Gzip.Failure.tooLarge) { try Gzip.decompress(bomb, limit: 1 << 20) }
    }

    @Test func `what is not one whole stream is refused`() throws {
        let packed = try #require(Gzip.compress(Array("a message".utf8)))
        let wrong: [[UInt8]] = [[], [1, 2, 3], packed.dropLast(1), packed + [0], packed + packed]
        for bytes in wrong {
            #expect(throws: Gzip.Failure.malformed) {
                try Gzip.decompress(bytes, limit: 1000)
            }
        }
        var broken = packed
        broken[broken.count - 5] ^= 1
        #expect(throws: Gzip.Failure.malformed) { try Gzip.decompress(broken, limit: 1000) }
    }
}
