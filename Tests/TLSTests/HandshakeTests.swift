import Foundation
import TLS
import TestSupport
import Testing

/// Runs `openssl s_client` against a server: what it prints, without its input echoed.
func openSSLClient(_ server: TestServer, _ arguments: String, input: String = "") async throws
    -> ProgramResult
{
    let certificates = try TestCertificates.get()
    let command =
        ["openssl", "s_client", "-connect", server.address, "-CAfile", certificates.ca]
        + arguments.split(separator: " ").map(String.init)
    return try await blocking { try runProgram(command, input: input) }
}

/// Answers one read with what the server knows of the connection.
func describe(_ connection: TestConnection) throws {
    let text = String(decoding: try connection.read(), as: UTF8.self)
    let session = connection.session
    let name = session.applicationProtocol.map { "\($0.name)" } ?? "none"
    var lines = ["echo=\(text)", "alpn=\(name)", "version=\(session.version)"]
    lines.append("resumed=\(session.isResumed)")
    if let peer = session.peerCertificate {
        lines.append("uris=\(peer.uris) dns=\(peer.dnsNames) verified=\(peer.isVerified)")
        lines.append("cn=\(peer.commonName ?? "none")")
    } else {
        lines.append("peer=none")
    }
    try connection.send(Array((lines.joined(separator: "\n") + "\n").utf8))
}

@Suite struct TLSHandshakeTests {
    private func server(
        _ names: [String] = ["server"], protocols: [ApplicationProtocol] = [.http2, .http1]
    ) throws -> TestServer {
        let certificates = try TestCertificates.get()
        return try TestServer(
            .init(certificates: names.map(certificates.files), protocols: protocols),
            body: describe)
    }

    @Test(arguments: ["1_2", "1_3"])
    func `a client of each version gets its bytes back`(version: String) async throws {
        let result = try await openSSLClient(
            server(), "-tls\(version) -servername localhost -verify_return_error -quiet",
            input: "hello")
        #expect(result.output.contains("echo=hello"))
        #expect(result.output.contains("version=TLSv\(version.replacing("_", with: "."))"))
        #expect(result.output.contains("peer=none"))
    }

    @Test func `ciphers without forward secrecy and old versions are refused`() async throws {
        let server = try server()
        let old = try await openSSLClient(server, "-tls1_1 -cipher ALL:@SECLEVEL=0")
        #expect(old.output.contains("alert protocol version"))
        #expect(try await server.firstFailure().kind == .version)

        let other = try self.server()
        let weak = try await openSSLClient(other, "-tls1_2 -cipher AES128-SHA")
        #expect(weak.output.contains("alert handshake failure"))
        #expect(try await other.firstFailure().kind == .algorithms)
    }

    @Test func `a client cannot renegotiate`() async throws {
        let result = try await openSSLClient(server(), "-tls1_2", input: "R\n")
        #expect(result.output.contains("no renegotiation"))
    }

    @Test(arguments: [
        ("localhost", "server"), ("gateway.test", "server"), ("GATEWAY.test", "server"),
        ("one.wild.test", "server"), ("second.test", "second"), ("Second.Test", "second"),
        ("one.second.test", "server"), ("a.b.wild.test", "server"), ("wild.test", "server"),
        ("unknown.example", "server"),
    ])
    func `the name that a client asks for chooses the certificate`(name: String, owner: String)
        async throws
    {
        let result = try await openSSLClient(
            server(["server", "second"]), "-servername \(name)", input: "x")
        #expect(result.output.contains("subject=CN = \(owner)\n"))
    }

    @Test func `a wildcard chooses a certificate that is not the first`() async throws {
        let result = try await openSSLClient(
            server(["second", "server"]), "-servername a.wild.test -alpn h2 -quiet", input: "x")
        #expect(result.output.contains("CN = server"))
        #expect(result.output.contains("alpn=h2"))
    }

    @Test func `without a name the first certificate is presented`() async throws {
        let result = try await openSSLClient(
            server(["second", "server"]), "-noservername", input: "x")
        #expect(result.output.contains("subject=CN = second\n"))
    }

    @Test(arguments: [
        ("-alpn h2,http/1.1", "h2"), ("-alpn http/1.1,h2", "h2"), ("-alpn http/1.1", "http/1.1"),
        ("-alpn foo,http/1.1", "http/1.1"), ("", "none"),
    ])
    func `the server's preferred protocol is agreed`(offer: String, agreed: String) async throws {
        let result = try await openSSLClient(server(), "-quiet \(offer)", input: "x")
        #expect(result.output.contains("alpn=\(agreed)\n"))
    }

    @Test func `a client with no protocol in common is refused with an alert`() async throws {
        let server = try server()
        let result = try await openSSLClient(server, "-alpn foo", input: "x")
        #expect(result.output.contains("no application protocol"))
        #expect(try await server.firstFailure().kind == .applicationProtocol)
    }

    @Test func `HTTP/2 can be off`() async throws {
        let result = try await openSSLClient(
            server(protocols: [.http1]), "-quiet -alpn h2,http/1.1", input: "x")
        #expect(result.output.contains("alpn=http/1.1\n"))
    }

    @Test func `the whole chain of the file is presented`() async throws {
        let certificates = try TestCertificates.get()
        for files in [
            TLSConfiguration.CertificateFiles(
                certificate: certificates.path("chain.pem"), key: certificates.path("server.key")),
            TLSConfiguration.CertificateFiles(
                certificate: certificates.path("combined.pem"),
                key: certificates.path("combined.pem")),
        ] {
            let server = try TestServer(.init(certificates: [files]), body: describe)
            let result = try await openSSLClient(server, "-showcerts", input: "x")
            #expect(result.output.components(separatedBy: "BEGIN CERTIFICATE").count == 3)
        }
    }
}

@Suite struct TLSClientTests {
    private func connect(
        _ name: String, trust: TLSClientConfiguration.Trust? = nil,
        protocols: [ApplicationProtocol] = [],
        certificate: TLSConfiguration.CertificateFiles? = nil,
        clientCertificates: TLSConfiguration.ClientCertificates = .none
    ) async throws -> (text: String, peer: PeerCertificate?) {
        let certificates = try TestCertificates.get()
        let server = try TestServer(
            .init(
                certificates: [certificates.files("server")], clientCA: certificates.ca,
                clientCertificates: clientCertificates), body: describe)
        let context = try TLSClientContext(
            .init(
                trust: trust ?? .file(certificates.ca), certificate: certificate,
                protocols: protocols))
        return try await blocking {
            let connection = try TestClient.connect(server.port, context, name)
            try connection.send(Array("hi".utf8))
            let text = String(decoding: try connection.read(), as: UTF8.self)
            return (text, connection.session.peerCertificate)
        }
    }

    @Test(arguments: ["localhost", "127.0.0.1", "one.wild.test", "LOCALHOST"])
    func `a name or address of the certificate is accepted`(name: String) async throws {
        let result = try await connect(name, protocols: [.http2])
        #expect(result.text.contains("echo=hi\nalpn=h2\n"))
        let peer = try #require(result.peer)
        #expect(peer.isVerified)
        #expect(peer.dnsNames == ["localhost", "gateway.test", "*.wild.test"])
        #expect(peer.commonName == "server")
        #expect(peer.expiry > Int(Date.now.timeIntervalSince1970) + 29 * 86_400)
    }

    @Test(arguments: [
        ("other.test", "hostname mismatch"), ("127.0.0.2", "IP address mismatch"),
        ("server", "hostname mismatch"), ("a.b.wild.test", "hostname mismatch"),
    ])
    func `another name or address is rejected`(name: String, reason: String) async throws {
        let failure = await #expect(throws: TLSFailure.self) { try await connect(name) }
        #expect(failure?.kind == .certificateRejected)
        #expect(failure?.reason == reason)
    }

    @Test func `a certificate of an unknown authority is rejected`() async throws {
        let certificates = try TestCertificates.get()
        for trust in [TLSClientConfiguration.Trust.file(certificates.otherCA), .system] {
            let failure = await #expect(throws: TLSFailure.self) {
                try await connect("localhost", trust: trust)
            }
            #expect(failure?.kind == .certificateRejected)
        }
        let result = try await connect("other.test", trust: .anything)
        #expect(result.text.contains("echo=hi"))
        #expect(result.peer?.isVerified == false)
    }

    @Test(arguments: ["", "a\0localhost", "local host", String(repeating: "a", count: 254)])
    func `a name that no certificate can have is refused before anything is sent`(name: String)
        async throws
    {
        let failure = await #expect(throws: TLSFailure.self) { try await connect(name) }
        #expect(failure?.kind == .serverName)
    }

    @Test func `the client's own certificate reaches the server`() async throws {
        let certificates = try TestCertificates.get()
        let result = try await connect(
            "localhost", certificate: certificates.files("agent"), clientCertificates: .required)
        #expect(result.text.contains(#"uris=["spiffe://example.org/agent/1"]"#))
    }
}

/// The client's side, on a thread that may block.
enum TestClient {
    static func connect(_ port: UInt16, _ context: TLSClientContext, _ name: String) throws
        -> TestConnection
    {
        let descriptor = try TestPair.connect(port)
        let connection = TestConnection(
            descriptor: descriptor,
            session: TLSSession(descriptor: descriptor, context: context, serverName: name))
        try connection.handshake()
        return connection
    }
}
