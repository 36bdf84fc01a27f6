import Secretbox
import Testing

@Suite struct SecretboxTests {
    private let key = [UInt8](repeating: 7, count: 32)
    private let nonce = (0..<24).map { UInt8($0) }

    @Test func `a box opens with its key and nonce only`() throws {
        let message = Array("PKCS#8".utf8)
        let box = try #require(Secretbox.seal(message, nonce: nonce, key: key))
        #expect(box.count == message.count + Secretbox.tagLength)
        #expect(Secretbox.open(box, nonce: nonce, key: key) == message)
        var other = key
        other[31] ^= 1
        #expect(Secretbox.open(box, nonce: nonce, key: other) == nil)
        #expect(Secretbox.open(box, nonce: nonce.reversed(), key: key) == nil)
        for index in box.indices {
            var changed = box
            changed[index] ^= 0x80
            #expect(Secretbox.open(changed, nonce: nonce, key: key) == nil)
        }
    }

    @Test func `wrong lengths open nothing`() {
        #expect(Secretbox.open([], nonce: nonce, key: key) == nil)
        let box = [UInt8](repeating: 0, count: 16)
        #expect(Secretbox.open(box, nonce: [], key: key) == nil)
        #expect(Secretbox.open(box, nonce: nonce, key: Array(key.dropLast())) == nil)
        #expect(Secretbox.seal([], nonce: nonce, key: key + [0]) == nil)
    }
}
