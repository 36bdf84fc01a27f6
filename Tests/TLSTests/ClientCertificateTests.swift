import Foundation
import TLS
import TestSupport
import Testing

@Suite struct TLSClientCertificateTests {
    private func server(_ mode: TLSConfiguration.ClientCertificates) throws -> TestServer {
        let certificates = try TestCertificates.get()
        return try TestServer(
            .init(
                certificates: [certificates.files("server")], clientCA: certificates.ca,
                clientCertificates: mode), body: describe)
    }

    private func client(_ server: TestServer, _ certificate: String?, version: String = "1_3")
        async throws -> String
    {
        let files = try certificate.map(TestCertificates.get().files)
        let own = files.map { " -cert \($0.certificate) -key \($0.key)" } ?? ""
        return try await openSSLClient(
            server, "-tls\(version) -ign_eof -servername localhost\(own)", input: "x"
        ).output
    }

    @Test(arguments: ["1_2", "1_3"])
    func `the names in a client's certificate are known after the handshake`(version: String)
        async throws
    {
        let text = try await client(server(.required), "agent", version: version)
        #expect(
            text.contains(
                #"uris=["spiffe://example.org/agent/1"] dns=["agent.test"] verified=true"#))
        #expect(text.contains("cn=The agent\n"))
    }

    @Test func `an optional certificate may be missing, but not be wrong`() async throws {
        let server = try server(.optional)
        #expect(try await client(server, nil).contains("peer=none"))
        #expect(try await client(server, "agent").contains("cn=The agent\n"))
        #expect(try await client(server, "stranger").contains("alert unknown ca"))
        let failure = try await server.firstFailure()
        #expect(failure.kind == .certificateRejected)
        #expect(failure.reason == "unable to get local issuer certificate")
    }

    @Test func `nothing is asked of clients when certificates are off`() async throws {
        let text = try await client(server(.none), "agent")
        #expect(text.contains("peer=none"))
        #expect(text.contains("No client certificate CA names sent"))
    }

    @Test(arguments: ["1_2", "1_3"])
    func `a client without a required certificate reads the alert`(version: String) async throws {
        let server = try server(.required)
        let text = try await client(server, nil, version: version)
        #expect(
            text.contains(
                version == "1_3" ? "alert certificate required" : "alert handshake failure"))
        #expect(!text.contains("reset by peer"))
        let failure = try await server.firstFailure()
        #expect(failure.kind == .certificateMissing)
        #expect(failure.needsLinger)
    }

    @Test(arguments: ["1_2", "1_3"])
    func `a client with a certificate of another authority reads the alert`(version: String)
        async throws
    {
        let server = try server(.required)
        let text = try await client(server, "stranger", version: version)
        #expect(text.contains("alert unknown ca"))
        #expect(!text.contains("reset by peer"))
        #expect(try await server.firstFailure().kind == .certificateRejected)
    }

    @Test func `a certificate for servers is not accepted from a client`() async throws {
        let server = try server(.required)
        #expect(try await client(server, "second").contains("alert unsupported certificate"))
        #expect(try await server.firstFailure().reason == "unsuitable certificate purpose")
    }

    @Test func `names that could be taken for others are left out`() async throws {
        let text = try await client(server(.required), "odd")
        #expect(text.contains(#"uris=[] dns=["fine"] verified=true"#))
        #expect(text.contains("cn=none\n"))
    }

    @Test func `the authorities are sent as a hint which certificate to use`() async throws {
        let text = try await client(server(.optional), "agent")
        #expect(text.contains("Acceptable client certificate CA names\nCN = ca\n"))
    }
}
