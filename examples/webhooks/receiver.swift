// How a receiver of webhooks in Swift verifies signatures (Standard Webhooks 1.0.0), with
// swift-crypto. Call it from the handler of any server, with the bytes of the body as they arrived.

import Crypto
import Foundation

/// Verifies the messages of one webhook.
public struct WebhookVerifier: Sendable {
    private let key: SymmetricKey
    /// The seconds that a message may be old, or ahead.
    private let tolerance: Double = 300

    /// Makes a verifier; nil if the secret is not one.
    /// - Parameter secret: `whsec_…`.
    public init?(secret: String) {
        guard secret.hasPrefix("whsec_"),
            let bytes = Data(base64Encoded: String(secret.dropFirst(6)))
        else { return nil }
        key = SymmetricKey(data: bytes)
    }

    /// Returns whether the message was signed with the secret, and lately.
    /// - Parameters:
    ///   - header: returns the value of a header field.
    ///   - now: seconds since 1970.
    public func isGenuine(
        _ body: Data, header: (String) -> String?, now: Double = Date().timeIntervalSince1970
    ) -> Bool {
        guard let id = header("webhook-id"), let stamp = header("webhook-timestamp"),
            let time = Double(stamp), abs(now - time) <= tolerance
        else { return false }
        let signed = Data("\(id).\(stamp).".utf8) + body
        // During a rotation of the secret there are two signatures.
        return (header("webhook-signature") ?? "").split(separator: " ").contains { signature in
            guard signature.hasPrefix("v1,"),
                let code = Data(base64Encoded: String(signature.dropFirst(3)))
            else { return false }
            // Compares in constant time.
            return HMAC<SHA256>.isValidAuthenticationCode(
                code, authenticating: signed, using: key)
        }
    }
}
