import Crypto
import CryptoExtras
import Foundation
import Secretbox
import TestSupport
import Testing

/// Keys of every kind, and the flags of upstream's client. The Python SDK signs with keys that others
/// have encrypted (`Tests/Clients/grpc_sdk.py`).
@Suite struct DirctlSigningTests {
    private let folder = NSTemporaryDirectory() + "keys-\(UUID().uuidString)"

    /// Makes a key pair.
    /// - Returns: the paths of the private key (PKCS#8), and of the public one.
    private func pair(_ name: String, _ algorithm: String) async throws -> (
        key: String, public: String
    ) {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let script =
            "openssl genpkey -algorithm \(algorithm) -out \(name).pem && openssl pkey -in \(name).pem -pubout -out \(name).pub"
        let made = try await run(URL(filePath: "/bin/bash"), ["-c", script], directory: folder)
        try #require(made.status == 0, "\(made.error)")
        return ("\(folder)/\(name).pem", "\(folder)/\(name).pub")
    }

    /// Encrypts a key as cosign does.
    /// - Parameter change: changes the JSON of the file.
    private func encrypt(
        _ path: String, password: String, rounds: Int = 16, change: (String) -> String = { $0 }
    ) throws -> String {
        let key = try P256.Signing.PrivateKey(
            pemRepresentation: String(contentsOfFile: path, encoding: .utf8))
        let (salt, nonce) = ([UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 24))
        let derived = try KDF.Scrypt.deriveKey(
            from: Array(password.utf8), salt: salt, outputByteCount: 32, rounds: rounds,
            blockSize: 8, parallelism: 1)
        let box = try #require(
            Secretbox.seal(
                [UInt8](key.derRepresentation), nonce: nonce,
                key: derived.withUnsafeBytes { Array($0) }))
        let text = [salt, nonce, box].map { Data($0).base64EncodedString() }
        let json = change(
            #"{"kdf":{"name":"scrypt","params":{"N":\#(rounds),"r":8,"p":1},"salt":"\#(text[0])"},"cipher":{"name":"nacl/secretbox","nonce":"\#(text[1])"},"ciphertext":"\#(text[2])"}"#
        )
        let body = Data(json.utf8).base64EncodedString(options: .lineLength64Characters)
            .replacing("\r\n", with: "\n")
        let kind = "ENCRYPTED SIGSTORE PRIVATE KEY"
        let file = "\(folder)/\(UUID().uuidString).key"
        try Data("-----BEGIN \(kind)-----\n\(body)\n-----END \(kind)-----\n".utf8)
            .write(to: URL(filePath: file))
        return file
    }

    @Test(arguments: [
        ("EC -pkeyopt ec_paramgen_curve:P-256", "ECDSA-P-256"),
        ("EC -pkeyopt ec_paramgen_curve:P-384", "ECDSA-P-384"),
        ("EC -pkeyopt ec_paramgen_curve:P-521", "ECDSA-P-521"), ("ED25519", "Ed25519"),
        ("RSA -pkeyopt rsa_keygen_bits:2048", "RSA-2048"),
    ])
    func `a key of each kind signs`(algorithm: String, name: String) async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let own = try await pair("own", algorithm)
        try await TestGateway.run { gateway in
            let cid = try await gateway.push("a")
            let signed = try await dirctl(gateway, "sign", cid, "--key", own.key, "--skip-tlog")
            #expect(signed.status == 0 && signed.out.contains("(\(name))"), "\(signed)")
            let checked = try await dirctl(gateway, "verify", cid, "--key", own.public)
            #expect(checked.out.hasPrefix("Record signature is: trusted\n"), "\(checked)")
            let server = try await dirctl(
                gateway, "verify", cid, "--key", own.public, "--from-server", "-o", "raw")
            #expect(server.out == "trusted\n")
        }
    }

    @Test func `a key of cosign needs its password, from one of its places`() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let own = try await pair("own", "EC -pkeyopt ec_paramgen_curve:P-256")
        let key = try encrypt(own.key, password: "secret")
        let open = try encrypt(own.key, password: "")
        try await TestGateway.run { gateway in
            let cid = try await gateway.push("a")
            func sign(
                _ key: String, password: String?, _ flags: [String] = [], input: String = ""
            ) async throws -> ProgramResult {
                let environment = password.map { ["COSIGN_PASSWORD": $0] } ?? [:]
                return try await dirctl(
                    gateway.address, ["sign", cid, "--key", key] + flags, input: input,
                    environment: environment)
            }
            #expect(try await sign(key, password: "secret").status == 0)
            #expect(
                try await sign(key, password: "wrong", ["--password-stdin"], input: "secret\n")
                    .status == 0)
            #expect(try await sign(open, password: "").status == 0)
            #expect(
                try await sign("env://OWN_KEY", password: nil).error.contains(
                    "OWN_KEY of the key is not set")
            )
            let variable = try await dirctl(
                gateway.address, ["sign", cid, "--key", "env://OWN_KEY"],
                environment: ["OWN_KEY": try String(contentsOfFile: own.key, encoding: .utf8)])
            #expect(variable.status == 0)
            let wrong = try await sign(key, password: "wrong")
            #expect(wrong.status == 1)
            #expect(
                wrong.error
                    == "Error: the password of the signing key is wrong, or the file is damaged\n")
            let record = try await file(record("pushed"))
            let pushed = try await dirctl(
                gateway.address, ["push", record, "--sign", "--key", key],
                environment: ["COSIGN_PASSWORD": "secret"])
            #expect(pushed.status == 0, "\(pushed.error)")
            let checked = try await dirctl(gateway, "verify", "pushed", "--key", own.public)
            #expect(checked.status == 0)
            #expect(try await dirctl(gateway, "push", record, "--key", key).status == 2)
        }
    }

    private func file(_ text: String) async throws -> String {
        let path = "\(folder)/record.json"
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    @Test(
        "a file that could cost any memory or time is refused",
        arguments: [
            ("\"N\":16", "\"N\":1073741824", "are not allowed"),
            ("\"N\":16", "\"N\":17", "not allowed"),
            ("\"N\":16", "\"N\":1e300", "not allowed"), ("\"N\":16", "\"N\":-2", "not allowed"),
            ("\"r\":8", "\"r\":0", "not allowed"), ("\"r\":8", "\"r\":1000000", "not allowed"),
            ("\"p\":1", "\"p\":1000000", "not allowed"),
            ("scrypt", "argon2", "in a way that is not supported"),
            ("nacl/secretbox", "aes", "in a way that is not supported"),
            ("\"salt\"", "\"pepper\"", "is not one of cosign"), ("}", "", "is not one of cosign"),
        ])
    func damaged(_ text: String, _ other: String, _ words: String) async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let own = try await pair("own", "EC -pkeyopt ec_paramgen_curve:P-256")
        let key = try encrypt(own.key, password: "") { $0.replacing(text, with: other) }
        let result = try await dirctl(
            "127.0.0.1:1", ["sign", absentCID, "--key", key],
            environment: ["COSIGN_PASSWORD": ""])
        #expect(result.status == 1 && result.error.contains(words), "\(result)")
    }

    @Test func `what is not supported is said before anything is done`() async throws {
        for (arguments, words) in [
            (["sign", absentCID, "--oidc-token", "x"], "--oidc-token: signatures without a key"),
            (["sign", absentCID, "--fulcio-url", "x"], "are not supported: use --key FILE"),
            (["sign", absentCID, "--oidc-client-id", "x"], "are not supported"),
            (["push", "-", "--sign", "--rekor-url", "x"], "are not supported"),
            (["verify", absentCID, "--oidc-issuer", "x"], "use --key FILE with the public key"),
            (["verify", absentCID, "--oidc-subject", "x"], "are not supported"),
            (["verify", absentCID, "--trusted-root-path", "x"], "are not supported"),
            (["sign", absentCID, "--key", "gcpkms://x"], "a key at gcpkms://x is not supported"),
            (["sign", absentCID, "--password-stdin"], "--password-stdin needs --key"),
        ] {
            let result = try await dirctl("127.0.0.1:1", arguments)
            #expect(result.status == 2 && result.error.contains(words), "\(result)")
        }
    }

    @Test func `the result of a verification is a file that upstream's SDK reads`() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let file = "\(folder)/result.json"
        try await TestGateway.run { gateway in
            let cid = try await gateway.push("a")
            func verify(_ cid: String) async throws -> [String: Any] {
                let result = try await dirctl(
                    gateway, "verify", cid, "--output-file", file, "--ignore-tlog", "--ignore-tsa",
                    "--ignore-sct")
                #expect(result.status == 0, "\(result.error)")
                let data = try Data(contentsOf: URL(filePath: file))
                return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
            }
            #expect(try await verify(cid)["success"] as? Bool == false)
            #expect(try await verify(absentCID)["errorMessage"] as? String == "record not found")
            _ = try await dirctl(gateway, "sign", cid)
            let good = try await verify(cid)
            #expect(good["success"] as? Bool == true)
            let signer = (good["signers"] as? [[String: [String: String]]])?.first?["key"]
            #expect(signer?["algorithm"] == "ECDSA-P-256")
            #expect(signer?["publicKey"]?.hasPrefix("-----BEGIN PUBLIC KEY-----") == true)
        }
    }

    @Test func `a gateway that lies about a signature is not believed`() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let own = try await pair("own", "EC -pkeyopt ec_paramgen_curve:P-256")
        let key = try String(contentsOfFile: own.public, encoding: .utf8)
            .replacing("\n", with: "\\n")
        // A good signature of another record, and the claim that it is of this one.
        let body =
            #"{"signatures":[{"cid":"\#(absentCID)","signature":"MEUCIAHUGh4EQd3H6E8OA/6i9QTOx6ub9tbsr0h/niEGFrl7AiEAp8BPJ7cXnSkz8KsGlNxwobIZtMpkA6qXX9a7yugqm0c=","algorithm":"ECDSA-P-256","signer":"x","public_key":"\#(key)","signed_at":""}]}"#
        let answer = ScriptedServer.Answer.close(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
        let server = try ScriptedServer([answer, answer])
        for flags in [[], ["--key", own.public]] {
            let result = try await dirctl(server.address, ["verify", absentCID] + flags)
            #expect(result.status == 1 && result.out.hasPrefix("Record signature is: not trusted"))
        }
    }
}
