internal import Crypto
internal import FoundationEssentials

/// The signatures of Standard Webhooks 1.0.0: HMAC-SHA256 over the id, the time and the body.
public enum Signing {
    /// The bytes of a key.
    static let keyBytes = 32

    /// Returns a new random key.
    static func newKey() -> [UInt8] {
        SymmetricKey(size: .bits256).withUnsafeBytes { bytes in Array(bytes) }
    }

    /// Returns a key as receivers are configured with it: `whsec_` and base64.
    public static func text(ofKey key: [UInt8]) -> String {
        "whsec_" + Data(key).base64EncodedString()
    }

    /// Returns the field `webhook-signature`: a signature for each key, separated by spaces.
    /// - Parameter time: seconds since 1970.
    static func field(id: String, time: Int64, body: [UInt8], keys: [[UInt8]]) -> String {
        keys.map { key in
            var code = HMAC<SHA256>(key: SymmetricKey(data: key))
            code.update(data: Array("\(id).\(time).".utf8))
            code.update(data: body)
            return "v1," + Data(code.finalize()).base64EncodedString()
        }.joined(separator: " ")
    }
}
