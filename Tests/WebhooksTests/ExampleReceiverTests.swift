import Foundation
import Testing

@testable import Webhooks

/// The receiver of `examples/webhooks`, which this target compiles too.
@Suite struct ExampleReceiverTests {
    private let body = Array(#"{"type":"RECORD_PUSHED"}"#.utf8)

    private func fields(_ keys: [[UInt8]], at time: Int64) -> [String: String] {
        [
            "webhook-id": "m", "webhook-timestamp": "\(time)",
            "webhook-signature": Signing.field(id: "m", time: time, body: body, keys: keys),
        ]
    }

    @Test func `the example verifies messages, during a rotation too, and refuses others`() throws {
        let (key, other) = (Signing.newKey(), Signing.newKey())
        let verifier = try #require(WebhookVerifier(secret: Signing.text(ofKey: key)))
        func verifies(_ fields: [String: String], _ body: [UInt8]? = nil) -> Bool {
            verifier.isGenuine(Data(body ?? self.body), header: { fields[$0] }, now: 1_760_000_000)
        }
        #expect(verifies(fields([key], at: 1_760_000_000)))
        #expect(verifies(fields([other, key], at: 1_760_000_000)))
        #expect(!verifies(fields([other], at: 1_760_000_000)))
        #expect(!verifies(fields([key], at: 1_759_999_000)))
        #expect(!verifies(fields([key], at: 1_760_000_000), body + [0x20]))
        #expect(!verifies([:]))
        #expect(WebhookVerifier(secret: "x") == nil)
    }
}
