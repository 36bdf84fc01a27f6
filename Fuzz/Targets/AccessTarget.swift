import Text

@testable import Authentication

/// Checks what decides who makes a request. The lines of the input are: `Authorization`, `Cookie`, the host,
/// `Origin`, `X-Forwarded-For`, `Forwarded`, an entry of `auth.tokens`, an entry of `auth.certificates`,
/// the name of a certificate.
func checkAccess(_ input: [UInt8]) throws {
    let lines = fields(input, limit: 8) + Array(repeating: "", count: 9)
    let entry = try? FixedToken.parse(lines[6])
    try require(entry.map { !$0.scopes.isEmpty } ?? true, "a token without scopes")
    try checkCredentials(lines[0], lines[1], entry)
    try checkHosts(lines[2], lines[3])
    try checkProxies(lines[4], lines[5])
    try checkCertificates(lines[7], lines[8])
    try checkToken(Array(lines[0].utf8))
}

private func checkCredentials(_ authorization: String, _ cookie: String, _ entry: TokenGrant?)
    throws
{
    let authenticator = Authenticator(
        mode: .token, book: TokenBook(fixed: entry.map { [$0] } ?? []), sessions: SessionTable(),
        now: { 0 })
    let credentials = Credentials(authorization: authorization, cookie: cookie)
    do {
        guard case .subject(let subject) = try authenticator.check(credentials) else {
            throw Finding("a JSON Web Token, though there are no keys")
        }
        try require(subject.tokenID == entry?.id, "a subject without a token")
    } catch let error as AccessError {
        try require(error.status == 401, "another error than 401: \(error)")
    }
    let withCookie = Credentials(cookie: cookie)
    try require((try? authenticator.check(withCookie)) == nil, "a session that was not begun")
}

private func checkHosts(_ host: String, _ origin: String) throws {
    let isLocal = (try? HostRule().check(host)) != nil
    let name = host.lowercasedASCII
    let beginnings = ["localhost", "127.", "[::1]"]
    try require(
        !isLocal || beginnings.contains { name.hasBytePrefix($0) }, "\(host) is taken for loopback")
    let rule = OriginRule(allowed: [])
    let isAllowed = rule.allows(
        .cookie, method: "POST", origin: origin, host: host, isSecure: true)
    try require(
        !isAllowed || origin.hasBytePrefix("https://"), "\(origin) may use a cookie over TLS")
}

/// Here 10.x is trusted, and an address is four decimal parts.
private func checkProxies(_ forwardedFor: String, _ forwarded: String) throws {
    let proxies = TrustedProxies(
        isTrusted: { $0.first == 10 },
        parse: { text in
            let parts = text.fields(on: UInt8(ascii: "."), limit: 4).map { UInt8($0) }
            return parts.count == 4 && !parts.contains(nil) ? parts.compactMap { $0 } : nil
        })
    let peer: [UInt8] = [10, 0, 0, 1]
    let first = proxies.client(peer: peer, forwardedFor: [forwardedFor], forwarded: [])
    let second = proxies.client(peer: peer, forwardedFor: [], forwarded: [forwarded])
    let both = proxies.client(peer: peer, forwardedFor: [forwardedFor], forwarded: [forwarded])
    try require(both == peer || (both == first && both == second), "\(both) by one field alone")
    try require(
        proxies.client(peer: [9, 9, 9, 9], forwardedFor: [forwardedFor], forwarded: [forwarded])
            == [9, 9, 9, 9], "a client that is no proxy was believed")
}

private func checkCertificates(_ entry: String, _ name: String) throws {
    guard let entry = try? CertificateMap.Entry(entry) else { return }
    let map = CertificateMap([entry])
    for names in [
        CertificateNames(uris: [name]), CertificateNames(dnsNames: [name]),
        CertificateNames(commonName: name),
    ] {
        guard let subject = try? map.subject(names) else { continue }
        try require(subject.name.hasBytes(of: name), "another name than that of the certificate")
        try require(Subject.isName(name), "a name that would break a log line")
    }
}

private func checkToken(_ token: [UInt8]) throws {
    if let bytes = Base64URL.decode(token) {
        try require(
            Base64URL.encode(bytes).utf8.elementsEqual(token), "two texts for the same bytes")
    }
    if let parsed = try? JSONWebToken(token) {
        try require(parsed.signed.count < token.count, "a token without a signature")
        _ = try? parsed.claims()
    }
}
