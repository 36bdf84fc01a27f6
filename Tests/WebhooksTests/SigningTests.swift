import Crypto
import Foundation
import Testing

@testable import Webhooks

@Suite struct SigningTests {
    /// The example of the reference libraries of Standard Webhooks.
    @Test func `a signature is that of Standard Webhooks`() throws {
        let key = try #require(Data(base64Encoded: "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        let field = Signing.field(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", time: 1_614_265_330,
            body: Array(#"{"test": 2432232314}"#.utf8), keys: [Array(key)])
        #expect(field == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test func `several keys make several signatures, separated by spaces`() {
        let field = Signing.field(id: "a", time: 1, body: [], keys: [[1], [2]])
        let parts = field.split(separator: " ")
        #expect(parts.count == 2 && parts[0] != parts[1])
        #expect(parts.allSatisfy { $0.hasPrefix("v1,") })
    }

    @Test func `a new key has 32 bytes, and is written as receivers expect it`() throws {
        let (first, second) = (Signing.newKey(), Signing.newKey())
        #expect(first.count == 32 && first != second)
        let text = Signing.text(ofKey: first)
        #expect(text.hasPrefix("whsec_"))
        #expect(Data(base64Encoded: String(text.dropFirst(6))) == Data(first))
    }
}
