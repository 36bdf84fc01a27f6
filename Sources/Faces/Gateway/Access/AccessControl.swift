internal import Addresses
internal import Authentication
internal import Directory
internal import Logging
internal import Synchronization

/// Everything that decides who may do what, made from the settings. All loops share it.
final class AccessControl: Sendable {
    /// Finds out who makes a request.
    let authenticator: Authenticator
    /// Limits the operations of each subject or address.
    let limiter: RateLimiter
    /// Which hosts a request may name; nil when any.
    let hosts: HostRule?
    /// Finds the client behind trusted proxies; nil when there are none.
    let proxies: TrustedProxies?
    /// Returns the time on the monotonic clock.
    let now: @Sendable () -> Duration
    private let book: TokenBook
    private let watch: Mutex<TokenWatch?>

    /// Makes it, and reads the tokens of the store. Blocks the thread.
    /// - Parameters:
    ///   - fetch: fetches the key set of JSON Web Tokens from an https URL, with a deadline.
    ///   - tokensChanged: called on a thread of its own after tokens were made or revoked: streams
    ///     whose token has ended must end.
    init(
        _ settings: Settings, clock: GatewayClock, logger: Logger,
        fetch: @escaping @Sendable (String) async throws -> [UInt8],
        tokensChanged: @escaping @Sendable () -> Void
    ) {
        let access = settings.access
        book = TokenBook(fixed: access.tokens)
        hosts = access.hosts
        now = clock.monotonic
        let networks = access.trustedProxies.compactMap { AddressRange($0) }
        proxies =
            networks.isEmpty
            ? nil
            : TrustedProxies(
                isTrusted: { address in networks.contains { $0.contains(address) } },
                parse: { IPAddress.bytes($0) })
        limiter = RateLimiter(
            perSecond: access.operationsPerSecond, burst: access.operationsBurst)
        authenticator = Authenticator(
            mode: access.mode, book: book, certificates: access.certificates,
            jwt: access.jwt.map { Self.verifier($0, clock, logger, fetch) },
            origins: settings.allowedOrigins, now: clock.wall)
        watch = Mutex(nil)
        guard access.mode == .token else { return }
        let book = book
        do {
            let tokens = try TokenWatch(path: settings.dataDirectory) { stored in
                book.replaceStored(stored.compactMap(TokenGrant.init))
                tokensChanged()
            }
            watch.withLock { $0 = tokens }
        } catch {
            logger.error(
                "the tokens of the store are not accepted", metadata: ["reason": "\(error)"])
        }
    }

    private static func verifier(
        _ jwt: AccessSettings.JWT, _ clock: GatewayClock, _ logger: Logger,
        _ fetch: @escaping @Sendable (String) async throws -> [UInt8]
    ) -> JWTVerifier {
        let keys = jwt.keys
        return JWTVerifier(
            jwt.policy, keys: jwt.isRemote ? .remote { try await fetch(keys) } : .file(keys),
            clock: clock.monotonic
        ) { reason in
            logger.error(
                "the keys of JSON Web Tokens cannot be loaded",
                metadata: ["auth.jwt.jwks": "\(keys)", "reason": "\(reason)"])
        }
    }

    /// Replaces the tokens and the patterns of certificates of the settings.
    func replaceTokens(_ settings: AccessSettings) {
        book.replaceFixed(settings.tokens)
        authenticator.replaceCertificates(settings.certificates)
    }

    /// Records in the store which tokens were used since the last call. Call it every few minutes.
    /// - Parameter now: microseconds since 1970.
    func recordUse(in store: Store, now: Int64) async throws(DirectoryError) {
        try await store.recordUse(ofTokens: book.takeUsed(), at: now)
    }

    /// Ends the watch of the store. Blocks the thread.
    func stop() {
        let tokens = watch.withLock { watch in
            defer { watch = nil }
            return watch
        }
        tokens?.stop()
    }
}

extension TokenGrant {
    /// The token of a row of the store; nil when the row cannot be used.
    init?(_ stored: StoredToken) {
        guard let hash = TokenHash(bytes: stored.hash) else { return nil }
        self.init(
            id: .stored(stored.id), name: stored.name, hash: hash,
            scopes: ScopeSet(knownIn: stored.scopes), restriction: stored.filter,
            expires: stored.expiresAt, isRevoked: stored.revokedAt != nil)
    }
}
