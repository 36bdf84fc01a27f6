import Foundation
import TLS
import Testing

@Suite struct TLSConfigurationTests {
    private func faults(
        _ certificates: [(certificate: String, key: String)], clientCA: String? = nil,
        mode: TLSConfiguration.ClientCertificates = .none, unixTime: Int? = nil
    ) throws -> [TLSConfigurationError.Fault] {
        let made = try TestCertificates.get()
        let configuration = TLSConfiguration(
            certificates: certificates.map {
                .init(certificate: made.path($0.certificate), key: made.path($0.key))
            }, clientCA: clientCA.map(made.path), clientCertificates: mode)
        do {
            _ = try TLSContext(configuration, unixTime: unixTime)
            return []
        } catch {
            return error.faults
        }
    }

    @Test(
        arguments: [
            ("missing.pem", "server.key", .unreadable, "missing.pem", "No such file or directory"),
            ("server.pem", "missing.key", .unreadable, "missing.key", "No such file or directory"),
            (".", "server.key", .unreadable, ".", "not a file"),
            ("empty.pem", "server.key", .noCertificate, "empty.pem", "BEGIN CERTIFICATE"),
            ("text.pem", "server.key", .noCertificate, "text.pem", "BEGIN CERTIFICATE"),
            ("server.key", "server.key", .noCertificate, "server.key", "BEGIN CERTIFICATE"),
            ("cut.pem", "server.key", .badCertificate, "cut.pem", "certificate 1"),
            ("server.pem", "server.pem", .noKey, "server.pem", "BEGIN PRIVATE KEY"),
            ("server.pem", "cut.key", .badKey, "cut.key", "in full"),
            ("server.pem", "encrypted.key", .encryptedKey, "encrypted.key", "passphrase"),
            ("server.pem", "second.key", .keyMismatch, "second.key", "server.pem"),
            ("weak.pem", "weak.key", .refused, "weak.pem", "ee key too small"),
        ] as [(String, String, TLSConfigurationError.Kind, String, String)])
    func `each fault names its file, its kind and the remedy`(
        certificate: String, key: String, kind: TLSConfigurationError.Kind, file: String,
        detail: String
    ) throws {
        let faults = try faults([(certificate, key)])
        #expect(faults.map(\.kind) == [kind])
        let fault = try #require(faults.first)
        #expect(fault.file == (try TestCertificates.get().path(file)))
        #expect(fault.description.hasPrefix("\(fault.file): "))
        #expect(fault.description.contains(detail), "\(fault)")
    }

    @Test func `a certificate that is not valid now is refused with the time`() throws {
        let now = Int(Date.now.timeIntervalSince1970)
        let expired = try faults([("server.pem", "server.key")], unixTime: now + 31 * 86_400)
        #expect(expired.map(\.kind) == [.expired])
        let pattern = #/expired at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/#
        #expect(try #require(expired.first).description.contains(pattern))
        let early = try faults([("server.pem", "server.key")], unixTime: now - 86_400)
        #expect(early.map(\.kind) == [.notYetValid])
    }

    @Test func `all faults are reported at once`() throws {
        let faults = try faults(
            [("missing.pem", "server.key"), ("server.pem", "second.key")], clientCA: "text.pem",
            mode: .optional)
        #expect(faults.map(\.kind) == [.noCertificate, .unreadable, .keyMismatch])
        let error = try #require(TLSConfigurationErrorProbe.error(faults: faults.count))
        #expect(error.description.contains("; "))
    }

    @Test func `what is missing in the configuration is reported`() throws {
        #expect(try faults([]).map(\.kind) == [.incomplete])
        #expect(
            try faults([("server.pem", "server.key")], mode: .required).map(\.kind)
                == [.incomplete])
    }

    @Test func `the loaded certificates tell their names and when they expire`() throws {
        let made = try TestCertificates.get()
        let context = try TLSContext(
            .init(certificates: [made.files("server"), made.files("second")]))
        #expect(
            context.certificates.map(\.file) == [made.path("server.pem"), made.path("second.pem")])
        #expect(context.certificates[1].names == ["second.test", "gateway.test"])
        let days = (context.earliestExpiry - Int(Date.now.timeIntervalSince1970)) / 86_400
        #expect((29...30).contains(days))
    }
}

/// An error with several faults.
private enum TLSConfigurationErrorProbe {
    static func error(faults count: Int) -> TLSConfigurationError? {
        do {
            _ = try TLSContext(
                .init(
                    certificates: (0..<count).map {
                        .init(certificate: "/nonexistent/\($0).pem", key: "/nonexistent/key")
                    }))
            return nil
        } catch {
            return error
        }
    }
}

@Suite struct TLSStoreTests {
    private func store() throws -> (store: TLSStore, files: CopiedFiles) {
        let files = try CopiedFiles(TestFolder.make())
        try files.copy("server")
        return (try TLSStore(.init(certificates: [files.pair])), files)
    }

    private func names(_ store: TLSStore) -> [String] { store.current.certificates[0].names }

    @Test func `files that are as before are not read again`() throws {
        let (store, _) = try store()
        let first = store.current
        guard case .unchanged = store.reloadIfChanged() else {
            Issue.record("nothing has changed")
            return
        }
        #expect(store.current === first)
    }

    @Test func `changed files are used for new connections`() throws {
        let (store, files) = try store()
        try files.copy("second")
        guard case .reloaded = store.reloadIfChanged() else {
            Issue.record("the files have changed")
            return
        }
        #expect(names(store) == ["second.test", "gateway.test"])
    }

    @Test func `a certificate whose key has not followed yet changes nothing, and is said once`()
        throws
    {
        let (store, files) = try store()
        let first = store.current
        try files.copyCertificate("second")
        guard case .failed(let error) = store.reloadIfChanged() else {
            Issue.record("certificate and key do not match")
            return
        }
        #expect(error.faults.map(\.kind) == [.keyMismatch])
        #expect(store.current === first)
        guard case .unchanged = store.reloadIfChanged() else {
            Issue.record("the fault was reported")
            return
        }
        #expect(throws: TLSConfigurationError.self) { try store.reload() }
        #expect(store.current === first)
        try files.copy("second")
        guard case .reloaded = store.reloadIfChanged() else {
            Issue.record("certificate and key match now")
            return
        }
        #expect(names(store) == ["second.test", "gateway.test"])
    }

    @Test func `a file that is removed changes nothing`() throws {
        let (store, files) = try store()
        let first = store.current
        try FileManager.default.removeItem(atPath: files.pair.key)
        guard case .failed = store.reloadIfChanged() else {
            Issue.record("the key is missing")
            return
        }
        #expect(store.current === first)
    }

    @Test func `connections that exist outlive the certificates they were made with`() throws {
        let (store, files) = try store()
        let server = try TestServer(context: { store.current }) { connection in
            while case let bytes = try connection.read(), !bytes.isEmpty {
                try connection.send(bytes)
            }
        }
        let context = try TLSClientContext(
            .init(trust: .file(TestCertificates.get().ca)))
        let client = try TestClient.connect(server.port, context, "localhost")
        try files.copy("second")
        try store.reload()
        try client.send([1, 2, 3])
        #expect(try client.read() == [1, 2, 3])
        let failure = #expect(throws: TLSFailure.self) {
            try TestClient.connect(server.port, context, "localhost")
        }
        #expect(failure?.reason == "hostname mismatch")
    }
}
