import Directory
import Events
import Foundation
import GRDB
import TestSupport
import Testing
import Text

@Suite struct ReferrerTests {
    private let path = temporaryPath("referrers")
    private let events = Recorder()
    private let operations: Operations
    private let store: Store

    init() throws {
        store = try Store(path: path, events: events, now: { 0 })
        operations = Operations(store, in: path, events: events)
    }

    private func push(_ name: String = "a") async throws -> String {
        let cid = try await operations.push(recordBytes(name)).cid
        _ = events.take()
        return cid
    }

    private func value(_ json: String) throws -> JSONValue {
        try JSONParser.parse(Array(json.utf8))
    }

    private func signature(_ text: String, of cid: String) throws -> Referrer {
        Referrer(
            type: Referrer.signatureType, recordCID: cid,
            data: try value(#"{"signature":"\#(text)","algorithm":"ECDSA-P-256"}"#))
    }

    private func key(_ pem: String, of cid: String) -> Referrer {
        Referrer(
            type: Referrer.keyType, recordCID: cid,
            data: .object([.init(key: "key", value: .string(pem))]))
    }

    @Test func `a referrer has the CID that upstream gives it`() {
        let pem = """
            -----BEGIN PUBLIC KEY-----
            MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAERxw+dYxJBChbun5TEY7Q9SSt6wdX
            0lvS+Oew1236cUzdUg96yoqLkXrMN/Ud6PDJu+OthYOC5wLcJaEtCfeoWA==
            -----END PUBLIC KEY-----

            """
        let referrer = key(
            pem, of: "baeareih47nx2vjmqxx5xlar766ufi7jbxyedv634kcgagqrmnt42xjor3u")
        #expect(
            referrer.cid == "baeareide2ux272iniiwujduedxmzkz3zzgytv7i737zpoi7myz4uyt4toi")
    }

    @Test func `what is attached comes back as it was sent, once`() async throws {
        let cid = try await push()
        let referrer = Referrer(
            type: "example.org/Report", recordCID: cid,
            annotations: [
                .init(key: "b", value: .string("1")), .init(key: "a", value: .string("")),
                .init(key: "b", value: .string("2")),
            ], createdAt: "2025-01-01T00:00:00Z", data: try value(#"{"x":[1,{"y":null}]}"#))
        try await operations.attach(referrer)
        try await operations.attach(referrer)
        #expect(try await operations.referrers(of: cid) == [referrer.cid])
        let found = try #require(try await operations.referrer(referrer.cid, of: cid))
        #expect(found.type == "example.org/Report" && found.createdAt == "2025-01-01T00:00:00Z")
        #expect(found.annotations.map(\.key) == ["a", "b"])
        #expect(found.annotations.map(\.value.string) == ["", "2"])
        #expect(
            CanonicalJSON.encode(try #require(found.data)) == Array(#"{"x":[1,{"y":null}]}"#.utf8))
        #expect(events.take().isEmpty)
    }

    @Test func `a type or a cid chooses among the referrers`() async throws {
        let cid = try await push()
        let list = ["a", "b", "a"].enumerated().map { index, type in
            Referrer(type: type, recordCID: cid, createdAt: "\(index)", data: nil)
        }
        for referrer in list { try await operations.attach(referrer) }
        #expect(try await operations.referrers(of: cid) == list.map(\.cid))
        #expect(try await operations.referrers(of: cid, type: "a") == [list[0].cid, list[2].cid])
        #expect(try await operations.referrers(of: cid, cid: list[1].cid) == [list[1].cid])
        #expect(try await operations.removeReferrers(of: cid, type: "a").count == 2)
        #expect(try await operations.referrers(of: cid) == [list[1].cid])
        try await operations.delete(cid)
        await #expect(throws: DirectoryError.notFound([cid])) {
            try await operations.referrers(of: cid)
        }
    }

    @Test func `a referrer of a missing record is refused`() async throws {
        for type in [Referrer.signatureType, Referrer.keyType, "x"] {
            await #expect(throws: DirectoryError.notFound([absentCID])) {
                try await operations.attach(
                    Referrer(type: type, recordCID: absentCID, data: nil))
            }
        }
        #expect(events.take().isEmpty)
    }

    @Test func `a signature of the gateway is a referrer, and one that is sent is verified`()
        async throws
    {
        let cid = try await push()
        let signed = try await operations.sign(cid)
        _ = events.take()
        let found = try await operations.referrers(of: cid)
        #expect(found.count == 2)
        let copy = try await operations.referrer(found[1], of: cid)
        #expect(copy?.data?["signature"]?.string == signed.signature)
        // Signing again adds none.
        _ = try await operations.sign(cid)

        // The same signature, sent to another Directory: first the key, or first the signature.
        for keyFirst in [true, false] {
            let otherPath = temporaryPath("other")
            defer { try? FileManager.default.removeItem(atPath: otherPath) }
            let heard = Recorder()
            let other = Operations(
                try Store(path: otherPath, events: heard, now: { 0 }), in: otherPath, events: heard)
            _ = try await other.push(recordBytes("a"))
            _ = heard.take()
            let referrers = [
                key(signed.publicKey, of: cid), try signature(signed.signature, of: cid),
            ]
            for referrer in keyFirst ? referrers : referrers.reversed() {
                #expect(try await !other.verify(cid).isVerified)
                try await other.attach(referrer)
            }
            #expect(try await other.verify(cid).isVerified)
            let types = heard.take().map(\.type)
            #expect(
                types
                    == (keyFirst
                        ? [.publicKeyUploaded, .recordSigned]
                        : [.recordSigned, .publicKeyUploaded]))
            #expect(try await other.referrers(of: cid).count == 2)
            _ = try await other.removeReferrers(of: cid, type: Referrer.signatureType)
            #expect(try await !other.verify(cid).isVerified)
        }
    }

    @Test func `a signature that no key has made is stored, and does not verify`() async throws {
        let cid = try await push()
        try await operations.attach(try signature("anything", of: cid))
        #expect(
            events.take() == [
                EventDraft(
                    .recordSigned, cid, labels: ["/skills/s"],
                    metadata: [.init("algorithm", "ECDSA-P-256")])
            ])
        try await operations.attach(key("no key", of: cid))
        #expect(events.take().isEmpty)
        #expect(try await operations.referrers(of: cid).count == 2)
        #expect(try await !operations.verify(cid).isVerified)
    }

    @Test func `the signatures of an older store become referrers`() async throws {
        let cid = try await push()
        let signed = try await operations.sign(cid)
        store.close()
        try changeDatabase(
            in: path,
            "DROP TABLE referrer; DELETE FROM grdb_migrations WHERE identifier = 'referrers'")
        let again = Operations(
            try Store(path: path, events: Silence(), now: { 0 }), in: path)
        let found = try await again.referrers(of: cid, type: Referrer.signatureType)
        #expect(found.count == 1)
        #expect(try await again.referrers(of: cid).count == 2)
        let copy = try await again.referrer(try #require(found.first), of: cid)
        #expect(copy?.data?["signature"]?.string == signed.signature)
    }
}
