import Records
import Text

/// Checks that a key has one spelling, and that no signature traps. The input is a key as PEM or DER,
/// perhaps followed by an empty line and a signature in base64.
func checkPublicKey(_ input: [UInt8]) throws {
    let parts = split(input)
    let key: PublicKey
    do {
        key =
            input.starts(with: "-".utf8)
            ? try PublicKey(pem: text(parts.key)) : try PublicKey(der: Array(parts.key))
    } catch { return }
    let again: PublicKey
    do { again = try PublicKey(pem: key.pem) } catch {
        throw Finding("the key's own spelling is refused: \(error): \(key.pem)")
    }
    try require(again.pem.hasBytes(of: key.pem), "two spellings: \(key.pem), \(again.pem)")
    try require(again.fingerprint.hasBytes(of: key.fingerprint), "two fingerprints")
    try require(again.algorithm.hasBytes(of: key.algorithm), "\(key.algorithm), \(again.algorithm)")

    let signature = text(parts.signature)
    let cid = CID.of([])
    let isGood = try? key.verifies(signature, of: cid)
    try require(
        (try? again.verifies(signature, of: cid)) == isGood, "one key, two opinions on a signature")
}

private func split(_ input: [UInt8]) -> (key: ArraySlice<UInt8>, signature: ArraySlice<UInt8>) {
    let mark = input.indices.dropLast().first { input[$0] == 0x0A && input[$0 + 1] == 0x0A }
    guard let mark else { return (input[...], []) }
    return (input[...mark], input[(mark + 2)...])
}
