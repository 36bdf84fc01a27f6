public import Authentication

/// Who may do what: the settings of authentication, hosts, proxies and rates.
public struct AccessSettings: Sendable {
    /// The keys of JSON Web Tokens, and what such tokens must say.
    public struct JWT: Sendable {
        /// A path, or a URL that begins with `https://`.
        public let keys: String
        /// The issuer and the audience.
        public let policy: JWTPolicy

        /// Whether `keys` is a URL.
        public var isRemote: Bool { keys.hasPrefix("https://") }
    }

    /// The effective mode: `open` on loopback unless `auth.mode` says otherwise.
    public var mode: Authenticator.Mode
    /// The tokens of `auth.tokens`.
    public var tokens: [TokenGrant]
    /// The patterns of `auth.certificates`.
    public var certificates: CertificateMap
    /// nil when JSON Web Tokens are not accepted.
    public var jwt: JWT?
    /// Which hosts a request may name; nil when any.
    public var hosts: HostRule?
    /// The address of the listener for probes and scrapers, as `host:port`; nil when there is none.
    public var adminAddress: String?
    /// The addresses and networks of proxies, in the syntax of `RemotePattern.network`.
    public var trustedProxies: [String]
    /// The most operations of one subject in a second; 0 means any number.
    public var operationsPerSecond: Int
    /// The most operations of one subject at once.
    public var operationsBurst: Int

    /// Reads the settings.
    /// - Throws: `SettingsError` when they contradict each other.
    init(
        text: (String) -> String, list: (String) -> [String], number: (String) -> Int
    ) throws(SettingsError) {
        let admin = text("admin.listen_address")
        adminAddress = admin.isEmpty ? nil : admin
        let listeners =
            list("listen_address") + (admin.isEmpty ? [] : [admin])
        let exposed = listeners.first { !ListenAddress.isLoopback($0) }
        mode = try Self.mode(text("auth.mode"), exposed)
        hosts = mode == .open && exposed == nil ? HostRule(allowed: list("allowed_hosts")) : nil
        tokens = []
        for (position, entry) in list("auth.tokens").enumerated() {
            let token: TokenGrant
            do { token = try FixedToken.parse(entry) } catch {
                throw SettingsError("auth.tokens: entry \(position + 1): \(error)")
            }
            guard !tokens.contains(where: { $0.id == token.id }) else {
                throw SettingsError("auth.tokens: entry \(position + 1) repeats a token")
            }
            tokens.append(token)
        }
        do {
            certificates = CertificateMap(
                try list("auth.certificates").map(CertificateMap.Entry.init))
        } catch {
            throw SettingsError("auth.certificates: \(error)")
        }
        jwt = try Self.jwt(
            text("auth.jwt.jwks"), text("auth.jwt.issuer"), text("auth.jwt.audience"))
        trustedProxies = list("trusted_proxies")
        operationsPerSecond = number("limits.operations_per_second")
        operationsBurst = number("limits.operations_burst")
        try checkUse(isEmpty: list("auth.tokens").isEmpty && list("auth.certificates").isEmpty)
    }

    /// Returns the effective mode.
    /// - Parameter exposed: an address that other machines can reach.
    private static func mode(_ text: String, _ exposed: String?) throws(SettingsError)
        -> Authenticator.Mode
    {
        switch text {
        case "open": return .open
        case "token": return .token
        default:
            guard let exposed else { return .open }
            throw SettingsError(
                """
                \(exposed) can be reached from other machines, and auth.mode is not set: set it to \
                token and make tokens with 'dir-gateway token create', or set it to open, which \
                allows every client to push and delete, or listen on a loopback address behind a \
                proxy with authentication
                """)
        }
    }

    private static func jwt(_ keys: String, _ issuer: String, _ audience: String)
        throws(SettingsError) -> JWT?
    {
        guard !keys.isEmpty else {
            guard issuer.isEmpty, audience.isEmpty else {
                throw SettingsError("auth.jwt.issuer and auth.jwt.audience need auth.jwt.jwks")
            }
            return nil
        }
        // Without them, a token that the issuer made for any other service would be accepted.
        guard !issuer.isEmpty, !audience.isEmpty else {
            throw SettingsError("auth.jwt.jwks needs auth.jwt.issuer and auth.jwt.audience")
        }
        return JWT(keys: keys, policy: JWTPolicy(issuer: issuer, audience: audience))
    }

    /// An operator who configures proofs does not expect that none is asked for.
    private func checkUse(isEmpty: Bool) throws(SettingsError) {
        guard mode == .open, !isEmpty || jwt != nil else { return }
        throw SettingsError(
            "auth.tokens, auth.certificates and auth.jwt have no effect while auth.mode is open: set auth.mode to token"
        )
    }
}
