import Foundation
import TestSupport
import Testing

/// Runs `openssl` in a directory of its own.
private final class OpenSSL {
    let directory = NSTemporaryDirectory() + "openssl-\(UUID().uuidString)"

    init() throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    @discardableResult
    func run(_ arguments: String) async throws -> Int32 {
        let process = ChildProcess()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments.split(separator: " ").map(String.init)
        process.currentDirectoryURL = URL(filePath: directory)
        process.standardError = ChildPipe()
        try process.run()
        try await blocking { process.waitUntilExit() }
        return process.terminationStatus
    }

    func write(_ data: Data, _ name: String) throws {
        try data.write(to: URL(filePath: "\(directory)/\(name)"))
    }

    func read(_ name: String) throws -> Data {
        try Data(contentsOf: URL(filePath: "\(directory)/\(name)"))
    }

    func text(_ name: String) throws -> String { String(decoding: try read(name), as: UTF8.self) }
}

private func json(_ members: [String: String]) throws -> String {
    String(decoding: try JSONSerialization.data(withJSONObject: members), as: UTF8.self)
}

@Suite(.eachWay) struct SignatureTests {
    @Test func `openssl verifies what the gateway signs`() async throws {
        let openssl = try OpenSSL()
        try await TestGateway.run { gateway in
            let cid = try await gateway.push("a")
            let answer = try await gateway.post("/sign", json(["cid": cid]))
            #expect(answer.status == 201)
            #expect(answer.json["algorithm"] as? String == "ECDSA-P-256")
            let signature = try #require(answer.json["signature"] as? String)
            try openssl.write(try #require(Data(base64Encoded: signature)), "signature")
            try openssl.write(Data(cid.utf8), "cid")
            let key = try await gateway.request("GET", "/signing-key")
            #expect(key.text == answer.json["public_key"] as? String)
            try openssl.write(Data(key.body), "key.pem")
            let code = try await openssl.run(
                "dgst -sha256 -verify key.pem -signature signature cid")
            #expect(code == 0)
        }
    }

    static let kinds = [
        ("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key", "ECDSA-P-256"),
        ("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out key", "ECDSA-P-384"),
        ("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key", "RSA-2048"),
        ("genpkey -algorithm ED25519 -out key", "Ed25519"),
    ]

    @Test(arguments: kinds)
    func `a signature of openssl is attached, verified, and no other`(
        making: String, algorithm: String
    ) async throws {
        let openssl = try OpenSSL()
        try await openssl.run(making)
        try await openssl.run("pkey -in key -pubout -out key.pem")
        try await TestGateway.run { gateway in
            let cid = try await gateway.push("a")
            let other = try await gateway.push("b")
            try openssl.write(Data(cid.utf8), "cid")
            let sign =
                algorithm == "Ed25519"
                ? "pkeyutl -sign -inkey key -rawin -in cid -out signature"
                : "dgst -sha256 -sign key -out signature cid"
            try await openssl.run(sign)
            let key = try openssl.text("key.pem")
            let signature = try openssl.read("signature").base64EncodedString()
            let attached = try await gateway.post(
                "/sign",
                json([
                    "cid": cid, "signature": signature, "algorithm": algorithm, "public_key": key,
                ]))
            #expect(attached.status == 201)
            #expect(attached.json["algorithm"] as? String == algorithm)
            #expect(attached.json["public_key"] as? String == key)

            let verified = try await gateway.post("/verify", json(["cid": cid])).json
            #expect(verified["verified"] as? Bool == true)
            #expect((verified["signers"] as? [[String: String]])?.first?["algorithm"] == algorithm)
            let withKey = try await gateway.post(
                "/verify", json(["cid": cid, "public_key": key]))
            #expect(withKey.json["verified"] as? Bool == true)

            let wrong = try await gateway.post(
                "/sign", json(["cid": other, "signature": signature, "public_key": key]))
            #expect(wrong.status == 422)
            #expect(wrong.json["part"] as? String == "signature")
            let none = try await gateway.post("/verify", json(["cid": other])).json
            #expect(none["verified"] as? Bool == false)
            #expect(none["reason"] as? String == "the record has no signatures")
        }
    }

    @Test func `a key is heard once for a record, a signature every time`() async throws {
        try await TestGateway.run { gateway in
            let cid = try await gateway.push("a")
            let reader = try await gateway.listen()
            let first = try await gateway.post("/sign", json(["cid": cid]))
            let signer = try #require(first.json["signer"] as? String)
            _ = try await gateway.post("/sign", json(["cid": cid]))
            let key = try await reader.event()
            #expect(key.story == "PUBLIC_KEY_UPLOADED \(signer)")
            #expect(key.json["metadata"] as? [String: String] == ["record_cid": cid])
            #expect(key.json["labels"] == nil)
            for _ in 0..<2 {
                let signed = try await reader.event()
                #expect(signed.story == "RECORD_SIGNED \(cid)")
                #expect(signed.json["labels"] as? [String] == ["/skills/s"])
                #expect(
                    signed.json["metadata"] as? [String: String]
                        == ["signer": signer, "algorithm": "ECDSA-P-256"])
            }
            let list = try await gateway.request("GET", "/records/\(cid)/signatures").json
            #expect((list["signatures"] as? [Any])?.count == 2)
            let result = try await gateway.post("/verify", json(["cid": cid])).json
            #expect((result["signers"] as? [Any])?.count == 1)
            _ = try await gateway.request("DELETE", "/records/\(cid)")
            #expect(try await gateway.request("GET", "/records/\(cid)/signatures").status == 404)
        }
    }

    @Test func `what is no key or no signature is refused with its part`() async throws {
        let openssl = try OpenSSL()
        try await openssl.run("genpkey -algorithm ED25519 -out key")
        try await openssl.run("pkey -in key -pubout -out key.pem")
        try await openssl.run("genpkey -algorithm X25519 -out other")
        try await openssl.run("pkey -in other -pubout -out other.pem")
        try await TestGateway.run { gateway in
            let cid = try await gateway.push("a")
            let key = try openssl.text("key.pem")
            let cases: [([String: String], Int, String?)] = [
                (["cid": absentCID], 404, nil),
                (["cid": absentCID, "signature": "AAAA", "public_key": key], 404, nil),
                (["cid": cid, "signature": "AAAA"], 400, nil),
                (["cid": cid, "public_key": key], 400, nil),
                (["cid": cid, "signature": "", "public_key": key], 400, nil),
                (["cid": cid, "signature": "?", "public_key": key], 422, "signature"),
                (["cid": cid, "signature": "AAAA", "public_key": key], 422, "signature"),
                (["cid": cid, "signature": "AAAA", "public_key": "x"], 422, "public_key"),
                (
                    ["cid": cid, "signature": "AAAA", "public_key": try openssl.text("key")], 422,
                    "public_key"
                ),
                (
                    ["cid": cid, "signature": "AAAA", "public_key": try openssl.text("other.pem")],
                    422, "public_key"
                ),
                (
                    [
                        "cid": cid, "signature": "AAAA", "public_key": key,
                        "algorithm": "ECDSA-P-256",
                    ], 422, "algorithm"
                ),
                (["signature": "AAAA", "public_key": key], 400, nil),
            ]
            for (body, status, part) in cases {
                let answer = try await gateway.post("/sign", json(body))
                #expect(answer.status == status, "\(body)")
                #expect(answer.json["part"] as? String == part)
            }
            #expect(try await gateway.post("/verify", json(["cid": absentCID])).status == 404)
            let verify = try await gateway.post("/verify", json(["cid": cid, "public_key": "x"]))
            #expect(verify.status == 422)
        }
    }

    static let ownKeys = [
        ("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key", "ECDSA-P-256"),
        ("ecparam -genkey -name prime256v1 -noout -out key", "ECDSA-P-256"),
        ("genpkey -algorithm ED25519 -out key", "Ed25519"),
    ]

    @Test(arguments: ownKeys)
    func `the gateway signs with the key it is given`(making: String, algorithm: String)
        async throws
    {
        let openssl = try OpenSSL()
        try await openssl.run(making)
        try await openssl.run("pkey -in key -pubout -out key.pem")
        try await TestGateway.run(["signing.key": openssl.directory + "/key"]) { gateway in
            let cid = try await gateway.push("a")
            let answer = try await gateway.post("/sign", json(["cid": cid]))
            #expect(answer.json["algorithm"] as? String == algorithm)
            #expect(answer.json["public_key"] as? String == (try openssl.text("key.pem")))
            let result = try await gateway.post("/verify", json(["cid": cid])).json
            #expect(result["verified"] as? Bool == true)
        }
    }

    @Test func `a key that cannot be used says why, and what to do`() async throws {
        let openssl = try OpenSSL()
        try openssl.write(
            Data(
                "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n"
                    .utf8), "cosign")
        try openssl.write(Data("nonsense".utf8), "nonsense")
        try await openssl.run("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa")
        for (name, word) in [
            ("cosign", "openssl genpkey"), ("nonsense", "not PEM"), ("rsa", "P-256"),
            ("absent", "cannot be read"),
        ] {
            try await TestGateway.run(["signing.key": "\(openssl.directory)/\(name)"]) { gateway in
                let cid = try await gateway.push("a")
                let answer = try await gateway.post("/sign", json(["cid": cid]))
                #expect(answer.status == 503)
                #expect((answer.json["detail"] as? String)?.contains(word) == true, "\(name)")
            }
        }
    }

    @Test func `the key that is made is kept, and only its owner may read it`() async throws {
        let directory = NSTemporaryDirectory() + "keys-\(UUID().uuidString)"
        var keys: [String] = []
        for _ in 0..<2 {
            try await TestGateway.run(["data_dir": directory]) { gateway in
                keys.append(try await gateway.request("GET", "/signing-key").text)
            }
        }
        #expect(keys[0] == keys[1] && keys[0].hasPrefix("-----BEGIN PUBLIC KEY-----\n"))
        let attributes = try FileManager.default.attributesOfItem(
            atPath: directory + "/signing.key")
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        try? FileManager.default.removeItem(atPath: directory)
    }
}
