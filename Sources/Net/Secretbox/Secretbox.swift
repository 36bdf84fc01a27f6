internal import CSodium

/// Encryption with a secret key, as NaCl's `secretbox` does it: XSalsa20 with a Poly1305 tag before the
/// ciphertext. The safe face of libsodium.
public enum Secretbox {
    /// The length of a key, bytes.
    public static let keyLength = Int(csodium_secretbox_key_bytes())
    /// The length of a nonce, bytes.
    public static let nonceLength = Int(csodium_secretbox_nonce_bytes())
    /// The length of the tag, bytes.
    public static let tagLength = Int(csodium_secretbox_mac_bytes())

    /// Decrypts a box.
    /// - Returns: nil when the box was not made with this key and nonce, or one of them has a wrong
    ///   length.
    public static func open(_ box: [UInt8], nonce: [UInt8], key: [UInt8]) -> [UInt8]? {
        guard nonce.count == nonceLength, key.count == keyLength, box.count >= tagLength,
            isReady
        else { return nil }
        var message = [UInt8](repeating: 0, count: box.count - tagLength)
        let status = unsafe crypto_secretbox_open_easy(
            &message, box, UInt64(box.count), nonce, key)
        return status == 0 ? message : nil
    }

    /// Encrypts a message. A nonce must not be used twice with a key.
    /// - Returns: nil when the nonce or the key has a wrong length.
    public static func seal(_ message: [UInt8], nonce: [UInt8], key: [UInt8]) -> [UInt8]? {
        guard nonce.count == nonceLength, key.count == keyLength, isReady else { return nil }
        var box = [UInt8](repeating: 0, count: message.count + tagLength)
        let status = unsafe crypto_secretbox_easy(
            &box, message, UInt64(message.count), nonce, key)
        return status == 0 ? box : nil
    }

    /// Whether libsodium has chosen its implementations; done once.
    private static let isReady = sodium_init() >= 0
}
