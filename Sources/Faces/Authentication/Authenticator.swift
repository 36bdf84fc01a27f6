internal import Synchronization

/// What a request carries that may prove its subject.
public struct Credentials: Sendable {
    /// The field `Authorization`.
    public var authorization: String?
    /// The field `Cookie`.
    public var cookie: String?
    /// The names of the client certificate, if one was verified.
    public var certificate: CertificateNames?
    /// Whether the connection is over TLS.
    public var isSecure: Bool

    /// Makes credentials.
    public init(
        authorization: String? = nil, cookie: String? = nil, certificate: CertificateNames? = nil,
        isSecure: Bool = false
    ) {
        self.authorization = authorization
        self.cookie = cookie
        self.certificate = certificate
        self.isSecure = isSecure
    }
}

/// Finds out who makes a request. Neither its results nor its errors hold a part of a credential.
/// Safe to use from any thread.
public final class Authenticator: Sendable {
    /// The modes of `auth.mode`.
    public enum Mode: Sendable {
        /// Every client may do everything.
        case open
        /// A client proves who it is.
        case token
    }

    /// The result of the part of the work that needs no other thread.
    public enum Result: Sendable {
        /// The subject.
        case subject(Subject)
        /// A JSON Web Token, whose signature has to be verified.
        case needsJWT(UnverifiedToken)
    }

    /// A JSON Web Token that was not verified.
    public struct UnverifiedToken: Sendable {
        fileprivate let token: BearerToken
    }

    private let mode: Mode
    private let book: TokenBook
    private let certificates: Mutex<CertificateMap>
    private let jwt: JWTVerifier?
    private let sessions: SessionTable
    private let origins: OriginRule
    private let now: @Sendable () -> Int64

    /// Makes an authenticator.
    /// - Parameters:
    ///   - book: the opaque tokens.
    ///   - jwt: nil when JSON Web Tokens are not accepted.
    ///   - origins: `cors.allowed_origins`.
    ///   - now: returns microseconds since 1970.
    public convenience init(
        mode: Mode, book: TokenBook, certificates: CertificateMap, jwt: JWTVerifier?,
        origins: [String], now: @escaping @Sendable () -> Int64
    ) {
        self.init(
            mode: mode, book: book, certificates: certificates, jwt: jwt, origins: origins,
            sessions: SessionTable(), now: now)
    }

    init(
        mode: Mode, book: TokenBook, certificates: CertificateMap = CertificateMap(),
        jwt: JWTVerifier? = nil, origins: [String] = [], sessions: SessionTable,
        now: @escaping @Sendable () -> Int64
    ) {
        self.mode = mode
        self.book = book
        self.certificates = Mutex(certificates)
        self.jwt = jwt
        self.sessions = sessions
        self.now = now
        self.origins = OriginRule(allowed: origins)
    }

    /// Whether a client must prove who it is.
    public var asksForProof: Bool { mode == .token }

    /// Returns the subject of a request, at once and on the caller's thread, unless it has a JSON Web
    /// Token. `Authorization` decides if it is there, then a session, then the client certificate.
    /// - Throws: `AccessError.unauthenticated`.
    public func check(_ credentials: Credentials) throws(AccessError) -> Result {
        guard mode == .token else { return .subject(.anonymous) }
        if let field = credentials.authorization { return try check(authorization: field) }
        var error = AccessError.unauthenticated(.missing)
        if let field = credentials.cookie,
            let secret = SessionCookie.secret(in: field, isSecure: credentials.isSecure)
        {
            if let subject = session(secret) { return .subject(subject) }
            error = .unauthenticated(.sessionEnded)
        }
        guard let names = credentials.certificate else { throw error }
        let certificates = certificates.withLock { $0 }
        return .subject(try certificates.subject(names))
    }

    /// Returns the subject of a JSON Web Token. Leaves the caller's thread.
    /// - Throws: `AccessError`.
    public func verify(_ token: UnverifiedToken) async throws(AccessError) -> Subject {
        guard let jwt else { throw .unauthenticated(.jwtNotAccepted) }
        return try await jwt.subject(of: token.token.bytes, now: now())
    }

    /// Returns the subject of a request, whatever it carries.
    /// - Throws: `AccessError`.
    public func authenticate(_ credentials: Credentials) async throws(AccessError) -> Subject {
        switch try check(credentials) {
        case .subject(let subject): return subject
        case .needsJWT(let token): return try await verify(token)
        }
    }

    /// Checks that no page of another origin made the browser send a change.
    /// - Parameters:
    ///   - method: the method, in upper case as it is sent.
    ///   - origin: the field `Origin`.
    ///   - host: the authority of the request.
    /// - Throws: `AccessError.foreignOrigin`.
    public func checkOrigin(
        _ subject: Subject, method: String, origin: String?, host: String?, isSecure: Bool
    ) throws(AccessError) {
        guard
            origins.allows(
                subject.proof, method: method, origin: origin, host: host, isSecure: isSecure)
        else { throw .foreignOrigin }
    }

    /// Returns why an open stream of a subject must end; nil when it may go on. Ask it when the tokens
    /// have changed, and at `Subject.expires`.
    public func end(of subject: Subject) -> AccessEnd? {
        let now = now()
        if let id = subject.tokenID, let end = book.end(of: id, at: now) { return end }
        if subject.kind == .certificate,
            !certificates.withLock({ $0.allows(subject.name, subject.scopes) })
        {
            return .revoked
        }
        return subject.hasExpired(at: now) ? .expired : nil
    }

    /// Replaces the patterns of client certificates. Ask `end(of:)` for all open streams afterwards.
    public func replaceCertificates(_ map: CertificateMap) {
        certificates.withLock { $0 = map }
    }

    /// Begins a session for the holder of a bearer token.
    /// - Returns: the value of `Set-Cookie`.
    /// - Throws: `AccessError.unauthenticated` when the request carries no bearer token: a session does
    ///   not prolong itself.
    public func signIn(_ subject: Subject, isSecure: Bool) throws(AccessError) -> String {
        guard subject.proof == .header else { throw .unauthenticated(.missing) }
        let now = now()
        let session = sessions.begin(subject, now: now)
        return SessionCookie.set(
            session.secret, lifetime: max(1, (session.expires - now) / 1_000_000),
            isSecure: isSecure)
    }

    /// Ends the session of a request, if there is one.
    /// - Returns: the value of `Set-Cookie` that removes the cookie.
    public func signOut(_ credentials: Credentials) -> String {
        if let field = credentials.cookie,
            let secret = SessionCookie.secret(in: field, isSecure: credentials.isSecure)
        {
            sessions.end(secret)
        }
        return SessionCookie.clear(isSecure: credentials.isSecure)
    }

    private func check(authorization field: String) throws(AccessError) -> Result {
        let token = try BearerToken(field)
        guard token.form == .opaque else {
            guard jwt != nil else { throw .unauthenticated(.jwtNotAccepted) }
            return .needsJWT(UnverifiedToken(token: token))
        }
        let isOurs = token.bytes.starts(with: OpaqueToken.prefix.utf8)
        guard !isOurs || OpaqueToken.isWellFormed(token.bytes) else {
            throw .unauthenticated(.malformed)
        }
        guard let grant = book.grant(TokenHash(of: token.bytes)) else {
            throw .unauthenticated(.unknown)
        }
        switch grant.end(at: now()) {
        case .expired: throw .unauthenticated(.expired)
        case .revoked: throw .unauthenticated(.revoked)
        case nil: return .subject(grant.subject)
        }
    }

    /// Returns the subject of a session, if its token may still be used.
    private func session(_ secret: [UInt8]) -> Subject? {
        let now = now()
        guard let subject = sessions.subject(secret, now: now) else { return nil }
        if let id = subject.tokenID, book.end(of: id, at: now) != nil {
            sessions.end(secret)
            return nil
        }
        return subject
    }
}
