internal import Addresses
internal import Authentication
internal import HTTPServer
internal import HTTPTypes
internal import TLS
internal import Text

/// Who makes a request, and whether they may.
extension AccessControl {
    /// Checks the host of a request.
    /// - Throws: `Problem` (421) when it is not one of the gateway's.
    func checkHost(_ head: RequestHead) throws(Problem) {
        // A browser always names a host; a client of HTTP/1.0 need not.
        guard let hosts, let host = Self.host(head) else { return }
        do { try hosts.check(host) } catch { throw Problem(error) }
    }

    /// Finds out who makes a request, and checks what it may do.
    /// - Parameters:
    ///   - scope: what the route needs; nil: anyone may.
    ///   - isLimited: whether the request counts against the limit of operations.
    ///   - name: becomes the name of the subject as soon as it is known, also when the subject is
    ///     refused: for the log.
    /// - Returns: the subject; anonymous when no scope is needed.
    /// - Throws: `Problem`.
    func admit(
        _ head: RequestHead, _ peer: Peer, scope: Scope?, isLimited: Bool, as name: inout String
    ) async throws -> Subject {
        guard let scope, !peer.isAdmin else { return .anonymous }
        let subject: Subject
        do throws(AccessError) {
            subject = try await authenticator.authenticate(Self.credentials(head, peer))
            name = subject.name
            try authenticator.checkOrigin(
                subject, method: head.method.rawValue, origin: head.field(.origin),
                host: Self.host(head), isSecure: !peer.security.isNil)
            try subject.require(scope)
        } catch {
            throw Problem(error)
        }
        if isLimited { try limit(subject, peer) }
        return subject
    }

    private func limit(_ subject: Subject, _ peer: Peer) throws(Problem) {
        guard limiter.isOn else { return }
        let key = subject.kind == .anonymous ? peer.address : subject.identity
        if let seconds = limiter.take(key, now: now()) { throw .tooManyOperations(seconds) }
    }

    /// Returns what a request carries that may prove its subject.
    static func credentials(_ head: RequestHead, _ peer: Peer) -> Credentials {
        let certificate = peer.security?.certificate.map { certificate in
            CertificateNames(
                uris: certificate.uris, dnsNames: certificate.dnsNames,
                commonName: certificate.commonName, expires: Int64(certificate.expiry) * 1_000_000)
        }
        return Credentials(
            authorization: head.field(.authorization), cookie: head.field(.cookie),
            certificate: certificate, isSecure: !peer.security.isNil)
    }

    private static let hostName = HTTPField.Name("Host")

    private static func host(_ head: RequestHead) -> String? {
        hostName.flatMap { head.field($0) }
    }

    private static let forwardedFor = HTTPField.Name("X-Forwarded-For")
    private static let forwarded = HTTPField.Name("Forwarded")

    /// Returns the peer with the address of the client, when a trusted proxy names it.
    func client(of peer: Peer, _ head: RequestHead) -> Peer {
        guard let proxies, let own = IPAddress.bytes(peer.address) else { return peer }
        let first = Self.forwardedFor.map { head.fields[values: $0] } ?? []
        let second = Self.forwarded.map { head.fields[values: $0] } ?? []
        let address = proxies.client(peer: own, forwardedFor: first, forwarded: second)
        guard address != own, let text = IPAddress.text(address) else { return peer }
        var client = Peer(address: text, key: AddressKey(address), admission: peer.admission)
        client.security = peer.security
        client.isAdmin = peer.isAdmin
        return client
    }
}

extension Problem {
    /// The problem of a request that is refused before its operation.
    init(_ error: AccessError) {
        self.init(
            HTTPResponse.Status(code: error.status), error.kind, error.title, error.detail,
            remedy: error.remedy)
        if let challenge = error.challenge { fields[.wwwAuthenticate] = challenge }
        if case .keysUnavailable = error { fields[.retryAfter] = "5" }
    }

    /// The problem of a subject or an address that operates too often.
    static func tooManyOperations(_ seconds: Int) -> Problem {
        var problem = Problem(
            .tooManyRequests, "too-many-operations", "Too many operations",
            "Operations come faster than limits.operations_per_second allows.",
            remedy: "Try again in \(seconds) s.")
        problem.fields[.retryAfter] = String(seconds)
        return problem
    }
}
