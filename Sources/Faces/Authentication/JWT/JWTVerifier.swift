internal import JWTKit

/// Verifies JSON Web Tokens. Safe to use from any thread.
public final class JWTVerifier: Sendable {
    private let policy: JWTPolicy
    private let cache: JWTKeyCache

    /// Makes a verifier. It loads its keys when the first token needs them.
    /// - Parameters:
    ///   - clock: a clock that does not step back, for the renewal of keys.
    ///   - report: receives why keys cannot be loaded, for the log; no part of a token.
    public convenience init(
        _ policy: JWTPolicy, keys source: JWTKeySource, clock: @escaping @Sendable () -> Duration,
        report: @escaping @Sendable (String) -> Void
    ) {
        self.init(policy, cache: JWTKeyCache(source, clock: clock, report: report))
    }

    init(_ policy: JWTPolicy, cache: JWTKeyCache) {
        self.policy = policy
        self.cache = cache
    }

    /// Returns the subject of a token. Leaves the caller's thread: a signature costs up to a
    /// millisecond.
    /// - Parameter now: microseconds since 1970.
    @concurrent
    func subject(of token: [UInt8], now: Int64) async throws(AccessError) -> Subject {
        let token = try JSONWebToken(token)
        let keys = try await cache.keys(for: token.keyID)
        guard let key = keys.key(token.keyID, token.algorithm) else {
            throw .unauthenticated(.unknownKey)
        }
        // Errors of jwt-kit and of the cryptography behind it: a signature of a wrong length is one.
        let isValid = (try? key.algorithm.verify(token.signature, signs: token.signed)) ?? false
        guard isValid else { throw .unauthenticated(.signature) }
        return try JWTClaims(token.claims(), policy).subject(now: now)
    }
}
