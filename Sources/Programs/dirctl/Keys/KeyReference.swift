internal import FoundationEssentials
internal import Text

/// Where a key is: a file, or `env://NAME` for a variable of the environment.
enum KeyReference {
    /// Reads a key in PEM.
    /// - Throws: `Exit.Failure`, also for the places that only upstream's client knows.
    static func read(_ reference: String) throws -> String {
        if reference.hasBytePrefix("-----BEGIN ") { return reference }
        guard reference.contains("://") || reference.hasBytePrefix("pkcs11:") else {
            return String(decoding: try Input.file(reference), as: UTF8.self)
        }
        let scheme = "env://"
        guard reference.hasBytePrefix(scheme) else {
            throw Exit.Failure(
                message:
                    "a key at \(Output.printable(reference)) is not supported: use a file, or env://NAME",
                code: .usage)
        }
        let name = String(reference.dropFirst(scheme.utf8.count))
        guard let text = ProcessInfo.processInfo.environment[name] else {
            throw Exit.Failure(
                message: "the variable \(Output.printable(name)) of the key is not set",
                code: .usage)
        }
        return text
    }
}
