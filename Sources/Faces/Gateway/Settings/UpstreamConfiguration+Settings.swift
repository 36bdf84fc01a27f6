internal import TLS
internal import Upstream

extension UpstreamConfiguration {
    /// Reads the settings.
    /// - Returns: nil when there is no address: the records are here.
    /// - Throws: `SettingsError` when they contradict each other. Files are read later.
    init?(
        text: (String) -> String, flag: (String) -> Bool, number: (String) -> Int,
        duration: (String) -> Duration
    ) throws(SettingsError) {
        let token = text("upstream.token")
        let files = ["ca", "certificate", "key", "server_name"].map { "upstream.tls.\($0)" }
        guard let (host, port) = Self.parse(text("upstream.address")) else {
            let others = (files + ["upstream.token"]).filter { !text($0).isEmpty }
            guard
                let other = others.first
                    ?? (flag("upstream.tls.enabled") ? "upstream.tls.enabled" : nil)
            else { return nil }
            throw SettingsError("\(other) is set and upstream.address is not: set both, or none")
        }
        self.init(host: host, port: port)
        timeout = duration("upstream.timeout")
        keepalive = duration("upstream.keepalive_interval")
        // A record in protobuf can be longer than its JSON.
        messageLimit = 2 * number("limits.body_bytes") + (1 << 20)
        userAgent = "directory-gateway/\(GatewayServer.version)"
        self.token = token.isEmpty ? nil : token
        guard flag("upstream.tls.enabled") else {
            if let file = files.first(where: { !text($0).isEmpty }) {
                throw SettingsError(
                    "\(file) is set and upstream.tls.enabled is not: set it to true")
            }
            guard token.isEmpty || ListenAddress.isLoopback(address) else {
                throw SettingsError(
                    "upstream.token would be sent in the clear: set upstream.tls.enabled to true")
            }
            return
        }
        let (certificate, key) = (text("upstream.tls.certificate"), text("upstream.tls.key"))
        guard certificate.isEmpty == key.isEmpty else {
            throw SettingsError(
                "upstream.tls.certificate and upstream.tls.key belong together: set both, or none")
        }
        let (authority, name) = (text("upstream.tls.ca"), text("upstream.tls.server_name"))
        tls = TLSClientConfiguration(
            trust: authority.isEmpty ? .system : .file(authority),
            certificate: certificate.isEmpty ? nil : .init(certificate: certificate, key: key),
            protocols: [.http2])
        serverName = name.isEmpty ? nil : name
    }
}
