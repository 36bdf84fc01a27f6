internal import Configuration
internal import DirectoryClient
internal import FoundationEssentials
internal import Text

extension ClientSettings {
    /// The ways to prove who a client is that need more than a token or a certificate.
    private static let unsupportedModes = ["jwt", "jwt-tls", "oidc", "x509"]
    private static let modes = ["insecure", "none", "tls", "token"]

    /// Returns the values in their types; what is not set has its default.
    /// - Parameter warn: receives a warning about values that have no effect.
    /// - Throws: `Exit.Failure` when a value is invalid.
    func configuration(warn: (String) -> Void) throws -> DirectoryClient.Configuration {
        let mode = try mode(warn)
        var configuration = DirectoryClient.Configuration(server: try server(mode))
        configuration.program = "dirctl/\(ProductVersion.current)"
        configuration.token = try token()
        configuration.authorities = try reader.string(forKey: "tls_ca_file").map(Self.readable)
        configuration.identity = try identity()
        if try isSet("tls_skip_verify") {
            configuration.verifiesGateway = false
            warn("tls_skip_verify is set: the certificate of the gateway is not checked")
        }
        if let timeout = try reader.string(forKey: "timeout").map(Self.timeout) {
            configuration.timeout = timeout
            configuration.connectTimeout = min(timeout, configuration.connectTimeout)
        }
        return configuration
    }

    private func mode(_ warn: (String) -> Void) throws -> String {
        let mode = reader.string(forKey: "auth_mode", default: "").lowercasedASCII
        if Self.unsupportedModes.contains(mode) {
            warn(
                "auth_mode \(mode) is not supported here: use a token (--token) or a client certificate (--tls-cert-file). An address without a scheme means https with it"
            )
        } else if !mode.isEmpty, !Self.modes.contains(mode) {
            let hint = suggestion(for: mode, in: Self.modes) ?? "; it has no effect"
            warn("there is no auth_mode '\(mode)'\(hint)")
        }
        return mode
    }

    /// Returns the address. One without a scheme, as upstream writes it, means https when a setting is
    /// only useful with it: a token must not be sent in the clear by mistake.
    private func server(_ mode: String) throws -> ServerAddress {
        let text = reader.string(forKey: "server_address", default: "http://127.0.0.1:8080")
        let files = ["tls_ca_file", "tls_cert_file", "tls_key_file"]
        let isSecure =
            try mode == "tls" || Self.unsupportedModes.contains(mode) || isSet("tls_skip_verify")
            || files.contains { reader.string(forKey: ConfigKey($0)) != nil }
            || text.hasByteSuffix(":443")
        guard isSecure, mode != "insecure", !text.contains("://") else {
            return try ServerAddress(text)
        }
        return try ServerAddress("https://\(text)")
    }

    private func isSet(_ key: String) throws -> Bool {
        guard let text = reader.string(forKey: ConfigKey(key)) else { return false }
        switch text.lowercasedASCII {
        case "true", "1", "yes": return true
        case "false", "0", "no": return false
        default:
            throw Exit.Failure(
                message: "\(key) is '\(text)': use true or false", code: .usage)
        }
    }

    private func token() throws -> String? {
        if let text = reader.string(forKey: "auth_token", isSecret: true) {
            return try Self.token(text, "the token")
        }
        guard let file = reader.string(forKey: "auth_token_file") else { return nil }
        let text = String(decoding: try Input.file(file), as: UTF8.self)
        return try Self.token(text, "the token in \(file)")
    }

    /// Returns a token without the line end that files and substitutions add.
    private static func token(_ text: String, _ name: String) throws -> String {
        let token = text.trimmedASCII
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Exit.Failure(
                message:
                    "\(name) is empty or has characters that are not allowed; it is not shown here",
                code: .usage)
        }
        return token
    }

    private func identity() throws -> ClientIdentity? {
        let certificate = reader.string(forKey: "tls_cert_file")
        let key = reader.string(forKey: "tls_key_file")
        switch (certificate, key) {
        case (let certificate?, let key?):
            return try ClientIdentity(certificates: certificate, key: key)
        case (nil, nil): return nil
        default:
            throw Exit.Failure(
                message: "tls_cert_file and tls_key_file are only useful together", code: .usage)
        }
    }

    private static func readable(_ file: String) throws -> String {
        guard FileManager.default.isReadableFile(atPath: file) else {
            throw Exit.Failure(
                message: "the file \(file) of authorities cannot be read", code: .usage)
        }
        return file
    }

    private static func timeout(_ text: String) throws -> Duration {
        // At most a day, so that no sum with it overflows.
        guard let timeout = DurationText.parse(text, bareUnit: .seconds(1)),
            timeout > .zero, timeout <= .seconds(86_400)
        else {
            throw Exit.Failure(
                message: "the timeout '\(text)' is invalid: use 500ms, 30s or 2m, 24 hours at most",
                code: .usage)
        }
        return timeout
    }
}
