internal import TLS

extension TLSConfiguration {
    /// Reads the settings.
    /// - Returns: nil when there is no certificate: connections are in the clear.
    /// - Throws: `SettingsError` when they contradict each other. Files are read later.
    init?(text: (String) -> String, list: (String) -> [String]) throws(SettingsError) {
        let (certificates, keys) = (list("tls.certificate"), list("tls.key"))
        let authority = text("tls.client_ca")
        let clients = text("tls.client_certificates")
        guard certificates.count == keys.count else {
            throw SettingsError(
                "tls.certificate has \(certificates.count) files and tls.key \(keys.count): give one key for each certificate"
            )
        }
        guard !certificates.isEmpty else {
            guard authority.isEmpty, clients == "none" else {
                throw SettingsError(
                    "tls.client_ca and tls.client_certificates need tls.certificate and tls.key")
            }
            return nil
        }
        guard clients == "none" || !authority.isEmpty else {
            throw SettingsError("tls.client_certificates is \(clients) and needs tls.client_ca")
        }
        let kinds: [String: ClientCertificates] = [
            "optional": .optional, "required": .required,
        ]
        self.init(
            certificates: zip(certificates, keys).map { .init(certificate: $0, key: $1) },
            clientCA: authority.isEmpty ? nil : authority,
            clientCertificates: kinds[clients] ?? .none)
    }
}
