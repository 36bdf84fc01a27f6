import Authentication
import Foundation
import Gateway
import Testing

@Suite struct AccessSettingsTests {
    private func settings(_ text: String? = nil, _ flags: [String: String] = [:]) throws -> Settings
    {
        var file: String?
        if let text {
            let path = NSTemporaryDirectory() + "access-\(UUID().uuidString).yml"
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            file = path
        }
        return try Settings(SettingsReader(file: file, flags: flags, environment: [:]))
    }

    private func reason(_ flags: [String: String]) -> String {
        do {
            _ = try settings(nil, flags)
            return ""
        } catch { return "\(error)" }
    }

    @Test func `without auth.mode a gateway is open on loopback, and checks the host`() throws {
        let access = try settings().access
        #expect(access.mode == .open)
        #expect(throws: AccessError.misdirected) { try access.hosts?.check("evil.example") }
        #expect(try settings(nil, ["auth.mode": "token"]).access.hosts == nil)
        let named = try settings(nil, ["allowed_hosts": "gateway.local, box.lan:81"]).access
        #expect(throws: Never.self) { try named.hosts?.check("box.lan:81") }
    }

    @Test(arguments: ["listen_address", "admin.listen_address"])
    func `on any other address auth.mode is required, and the error says what to do`(key: String)
        throws
    {
        let reason = reason([key: "0.0.0.0:80"])
        for part in ["0.0.0.0:80", "auth.mode", "token create", "open", "loopback"] {
            #expect(reason.contains(part), "\(part) in \(reason)")
        }
        #expect(try settings(nil, [key: "0.0.0.0:80", "auth.mode": "token"]).access.mode == .token)
        let open = try settings(nil, [key: "0.0.0.0:80", "auth.mode": "open"]).access
        #expect(open.mode == .open)
        #expect(open.hosts == nil, "a public gateway has any name")
    }

    @Test func `tokens and certificates are lists, in YAML and with commas`() throws {
        let yaml = """
            auth:
              mode: token
              tokens:
                - name=ci token=0123456789abcdefghij scopes=events:read|records:read
                - name=admin sha256=\(String(repeating: "0a", count: 32)) scopes=admin types=SYNC_FAILED
              certificates:
                - spiffe://example.org/agent/* = events:read
            """
        let access = try settings(yaml).access
        #expect(access.tokens.map(\.name) == ["ci", "admin"])
        #expect(access.tokens[0].id != access.tokens[1].id)
        #expect(access.tokens[1].restriction?.types != nil)
        let flags = [
            "auth.mode": "token",
            "auth.tokens":
                "name=a token=0123456789abcdefghij scopes=admin, name=b token=0123456789abcdefghik scopes=webhooks",
        ]
        #expect(
            try settings(nil, flags).access.tokens.map(\.scopes.names) == [["admin"], ["webhooks"]])
    }

    @Test func `an error in an entry is explained, and no secret is shown`() throws {
        let faulty = [
            "auth.mode": "token",
            "auth.tokens":
                "name=a token=SECRETSECRETSECRETSECRET scopes=admin,name=b token=SECRETSECRETSECRETSECRET scopes=root",
        ]
        let text = reason(faulty)
        #expect(text.contains("entry 2"))
        #expect(text.contains("b: unknown scope 'root'"))
        #expect(!text.contains("SECRET"))
        #expect(!reason(["auth.tokens": "SECRETSECRETSECRETSECRET"]).contains("SECRET"))
        let entry = "name=a token=SECRETSECRETSECRETSECRET scopes=admin"
        let twice = reason(["auth.mode": "token", "auth.tokens": "\(entry),\(entry)"])
        #expect(twice.contains("entry 2 repeats a token"))
        #expect(reason(["auth.certificates": "x=root"]).contains("unknown scope"))
    }

    @Test func `the effective settings show no token`() throws {
        let entry = "name=a token=SECRETSECRETSECRETSECRET scopes=admin"
        let hashed = "name=b sha256=\(String(repeating: "5e", count: 32)) scopes=admin"
        let reader = try SettingsReader(
            file: nil, flags: ["auth.tokens": "\(entry),\(hashed)"], environment: [:])
        let shown = try #require(try reader.effective().first { $0.key.name == "auth.tokens" })
        #expect(shown.text == "name=a token=… scopes=admin,name=b sha256=… scopes=admin")
    }

    @Test func `proofs without auth.mode token are an error, not a surprise`() {
        let token = "name=a token=0123456789abcdefghij scopes=admin"
        #expect(reason(["auth.tokens": token]).contains("no effect"))
        #expect(reason(["auth.tokens": token, "auth.mode": "open"]).contains("no effect"))
        #expect(reason(["auth.certificates": "*=admin"]).contains("no effect"))
    }

    @Test func `JSON Web Tokens need an issuer and an audience`() throws {
        var flags = ["auth.mode": "token", "auth.jwt.jwks": "https://issuer.example/keys"]
        #expect(reason(flags).contains("auth.jwt.audience"))
        flags["auth.jwt.issuer"] = "https://issuer.example"
        #expect(reason(flags).contains("auth.jwt.audience"))
        flags["auth.jwt.audience"] = "directory"
        let jwt = try #require(try settings(nil, flags).access.jwt)
        #expect(jwt.isRemote)
        #expect(jwt.policy.issuer == "https://issuer.example")
        #expect(reason(["auth.mode": "token", "auth.jwt.issuer": "x"]).contains("auth.jwt.jwks"))
    }
}
