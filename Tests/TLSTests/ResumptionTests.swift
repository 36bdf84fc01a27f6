import COpenSSL
import Foundation
import Glibc
import TLS
import TestSupport
import Testing

/// A client of Python's `ssl`, which connects several times with the session of the connection before,
/// and prints for each whether it was resumed and whose certificate it got. Between two connections it
/// prints an empty line and waits for one.
private let resumingClient = """
    import socket, ssl, sys
    port, ca, version, certificate, key = sys.argv[1:6]
    context = ssl.create_default_context(cafile=ca)
    context.maximum_version = getattr(ssl.TLSVersion, version)
    if certificate:
        context.load_cert_chain(certificate, key)
    session = None
    for name in sys.argv[6:]:
        sock = socket.create_connection(("127.0.0.1", int(port)), 20)
        try:
            with context.wrap_socket(sock, server_hostname=name, session=session) as tls:
                tls.sendall(b"hello")
                text = b""
                while part := tls.recv(1000):
                    text += part
                session = tls.session
                names = dict(pair[0] for pair in tls.getpeercert()["subject"])
                print(tls.session_reused, names["commonName"])
                print(text.decode().replace("\\n", " "))
        except ssl.SSLError as error:
            print("error", error.reason)
        print("", flush=True)
        sys.stdin.readline()
    """

/// Runs the client; `between` is called after each connection but the last.
private func resume(
    _ server: TestServer, names: [String], version: String, certificate: String = "",
    between: @escaping @Sendable (Int) throws -> Void = { _ in }
) async throws -> [String] {
    let certificates = try TestCertificates.get()
    let files = certificate.isEmpty ? nil : certificates.files(certificate)
    return try await blocking {
        let child = ChildProcess()
        child.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        child.arguments =
            [
                "python3", "-c", resumingClient, "\(server.port)", certificates.ca, version,
                files?.certificate ?? "", files?.key ?? "",
            ] + names
        let (input, output) = (ChildPipe(), ChildPipe())
        child.standardInput = input
        child.standardOutput = output
        try child.run()
        var found: [String] = []
        for index in names.indices {
            var text = ""
            while !text.hasSuffix("\n\n") {
                let part = output.availableData()
                if part.isEmpty { throw ProgramFailure(description: "the client ended: \(text)") }
                text += String(decoding: part, as: UTF8.self)
            }
            found.append(text)
            if index < names.count - 1 { try between(index) }
            input.write(Data("\n".utf8))
        }
        child.waitUntilExit()
        return found
    }
}

@Suite struct TLSResumptionTests {
    @Test(arguments: ["TLSv1_2", "TLSv1_3"])
    func `a client that comes back resumes its session`(version: String) async throws {
        let certificates = try TestCertificates.get()
        let server = try TestServer(
            .init(certificates: [certificates.files("server"), certificates.files("second")]),
            body: describe)
        let found = try await resume(
            server, names: ["second.test", "second.test", "second.test"], version: version)
        #expect(found[0].hasPrefix("False second\n"))
        #expect(found[1].hasPrefix("True second\n"))
        #expect(found[2].hasPrefix("True second\n"))
        #expect(found[1].contains("resumed=true"))
    }

    @Test(arguments: ["TLSv1_2", "TLSv1_3"])
    func `after a reload an old session gets a full handshake with the new certificate`(
        version: String
    ) async throws {
        let certificates = try TestCertificates.get()
        let folder = try TestFolder.make()
        let files = try CopiedFiles(folder)
        try files.copy("server")
        let store = try TLSStore(.init(certificates: [files.pair]))
        let server = try TestServer(context: { store.current }, body: describe)
        let found = try await resume(
            server, names: ["gateway.test", "gateway.test", "gateway.test"], version: version
        ) { index in
            guard index == 1 else { return }
            try files.copy("second")
            try store.reload()
        }
        #expect(found[0].hasPrefix("False server\n"))
        #expect(found[1].hasPrefix("True server\n"))
        #expect(found[2].hasPrefix("False second\n"))
        #expect(certificates.folder != folder)
    }

    @Test(arguments: ["TLSv1_2", "TLSv1_3"])
    func `a resumed session keeps the certificate of its client`(version: String) async throws {
        let certificates = try TestCertificates.get()
        let server = try TestServer(
            .init(
                certificates: [certificates.files("server")], clientCA: certificates.ca,
                clientCertificates: .required), body: describe)
        let found = try await resume(
            server, names: ["localhost", "localhost"], version: version, certificate: "agent")
        #expect(found[1].hasPrefix("True server\n"))
        #expect(found[1].contains("spiffe://example.org/agent/1"))
        #expect(found[1].contains("verified=true"))
    }

    @Test(arguments: ["TLSv1_2", "TLSv1_3"])
    func `a session does not outlive the certificate of its client`(version: String) async throws {
        let certificates = try TestCertificates.get()
        // Long enough for a first connection, also on a machine that has much else to do.
        for lifetime in [2, 8, 32] {
            let name = "brief-\(version)-\(lifetime)"
            let expiry = try certificates.makeBrief(name, lifetime: lifetime)
            let server = try TestServer(
                .init(
                    certificates: [certificates.files("server")], clientCA: certificates.ca,
                    clientCertificates: .required), body: describe)
            let found = try await resume(
                server, names: ["localhost", "localhost"], version: version, certificate: name
            ) { _ in
                while time(nil) <= expiry { usleep(50_000) }
            }
            if found[0].hasPrefix("error") { continue }
            #expect(found[0].contains("verified=true"))
            #expect(found[1].hasPrefix("error SSLV3_ALERT_CERTIFICATE_EXPIRED"))
            #expect(try await server.firstFailure().reason == "certificate has expired")
            return
        }
        Issue.record("no first connection within 32 seconds")
    }

    @Test(arguments: ["TLSv1_2", "TLSv1_3"])
    func `after another authority is loaded a session of the old one is refused`(version: String)
        async throws
    {
        let certificates = try TestCertificates.get()
        let authority = try TestFolder.make() + "/ca.pem"
        try FileManager.default.copyItem(atPath: certificates.ca, toPath: authority)
        let store = try TLSStore(
            .init(
                certificates: [certificates.files("server")], clientCA: authority,
                clientCertificates: .required))
        let server = try TestServer(context: { store.current }, body: describe)
        let found = try await resume(
            server, names: ["localhost", "localhost"], version: version, certificate: "agent"
        ) { _ in
            try FileManager.default.removeItem(atPath: authority)
            try FileManager.default.copyItem(atPath: certificates.otherCA, toPath: authority)
            guard case .reloaded = store.reloadIfChanged() else {
                throw ProgramFailure(description: "the change was not seen")
            }
        }
        #expect(found[0].contains("verified=true"))
        #expect(!found[1].contains("verified"))
        #expect(found[1].hasPrefix("error TLSV1_ALERT_UNKNOWN_CA"))
        #expect(try await server.firstFailure().kind == .certificateRejected)
    }
}

/// A certificate and its key under names that stay the same while their content changes.
struct CopiedFiles: Sendable {
    let pair: TLSConfiguration.CertificateFiles

    init(_ folder: String) throws {
        pair = .init(certificate: "\(folder)/tls.pem", key: "\(folder)/tls.key")
    }

    /// Puts other files in their place, as programs that renew certificates do.
    func copy(_ name: String) throws {
        try copyCertificate(name)
        try replace(pair.key, with: TestCertificates.get().files(name).key)
    }

    func copyCertificate(_ name: String) throws {
        try replace(pair.certificate, with: TestCertificates.get().files(name).certificate)
    }

    private func replace(_ path: String, with source: String) throws {
        try Data(contentsOf: URL(fileURLWithPath: source)).write(
            to: URL(fileURLWithPath: path), options: .atomic)
    }
}

extension TestCertificates {
    /// Makes a copy of the agent's certificate that is valid for some seconds.
    /// - Returns: the end of its validity, in seconds since 1970.
    func makeBrief(_ name: String, lifetime: Int) throws -> Int {
        func open(_ path: String, _ mode: String = "r") throws -> OpaquePointer {
            guard let file = BIO_new_file(path, mode) else {
                throw ProgramFailure(description: "cannot open \(path)")
            }
            return file
        }
        let files = (try open(path("agent.pem")), try open(path("ca.key")))
        let copy = try open(path("\(name).pem"), "w")
        let certificate = PEM_read_bio_X509(files.0, nil, nil, nil)
        let key = PEM_read_bio_PrivateKey(files.1, nil, nil, nil)
        let end = X509_gmtime_adj(nil, lifetime)
        defer {
            for file in [files.0, files.1, copy] { BIO_free(file) }
            X509_free(certificate)
            EVP_PKEY_free(key)
            ASN1_STRING_free(end)
        }
        let expiry = time(nil) + lifetime
        guard X509_set1_notAfter(certificate, end) == 1,
            X509_sign(certificate, key, EVP_sha256()) > 0,
            PEM_write_bio_X509(copy, certificate) == 1
        else { throw ProgramFailure(description: "cannot make \(name)") }
        try FileManager.default.copyItem(atPath: path("agent.key"), toPath: path("\(name).key"))
        return expiry
    }
}
