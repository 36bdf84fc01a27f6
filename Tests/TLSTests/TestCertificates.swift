import Foundation
import TLS
import TestSupport

/// Certificates that are made once for a test run, by the `openssl` program, in a folder of their own.
struct TestCertificates: Sendable {
    /// All certificates of the tests.
    static let shared = Result { try TestCertificates() }

    let folder: String

    static func get() throws -> TestCertificates { try shared.get() }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    func files(_ name: String) -> TLSConfiguration.CertificateFiles {
        .init(certificate: path("\(name).pem"), key: path("\(name).key"))
    }

    var ca: String { path("ca.pem") }
    var otherCA: String { path("other-ca.pem") }

    private init() throws {
        folder = try TestFolder.make()
        try makeAuthority("ca")
        try makeAuthority("other-ca")
        try make("server", "DNS:localhost,DNS:gateway.test,DNS:*.wild.test,IP:127.0.0.1")
        try make("second", "DNS:second.test,DNS:gateway.test")
        try make(
            "agent", "URI:spiffe://example.org/agent/1,DNS:agent.test", name: "The agent",
            usage: "clientAuth")
        try make("stranger", "DNS:stranger.test", usage: "clientAuth", authority: "other-ca")
        // A DNS name with a zero byte, one that is correct, and a URI with a line feed.
        try make(
            "odd",
            "DER:30:1A:82:09:67:6F:6F:64:00:65:76:69:6C:82:04:66:69:6E:65:86:07:75:3A:61:0A:62:3A:63",
            name: "a\u{85}b", usage: "clientAuth")
        try openSSL(
            "pkey -in server.key -aes256 -passout pass:secret -out encrypted.key", in: folder)
        try openSSL(
            "req -x509 -newkey rsa:1024 -nodes -keyout weak.key -out weak.pem -subj /CN=weak",
            in: folder)
        let chain =
            try String(contentsOfFile: path("server.pem"), encoding: .utf8)
            + String(contentsOfFile: ca, encoding: .utf8)
        let key = try String(contentsOfFile: path("server.key"), encoding: .utf8)
        try write("chain.pem", chain)
        try write("combined.pem", key + chain)
        try write("empty.pem", "")
        try write("text.pem", "not a certificate\n")
        try write("cut.pem", String(chain.prefix(300)) + "\n-----END CERTIFICATE-----\n")
        try write("cut.key", String(key.prefix(100)) + "\n-----END PRIVATE KEY-----\n")
    }

    func write(_ name: String, _ text: String) throws {
        try text.write(toFile: path(name), atomically: true, encoding: .utf8)
    }

    private func makeAuthority(_ name: String) throws {
        try openSSL(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 "
                + "-keyout \(name).key -out \(name).pem -subj /CN=\(name)", in: folder)
    }

    /// Makes a certificate that an authority signs.
    private func make(
        _ file: String, _ names: String, name: String? = nil, usage: String = "serverAuth",
        authority: String = "ca"
    ) throws {
        try write("\(file).ext", "subjectAltName=\(names)\nextendedKeyUsage=\(usage)\n")
        try runOpenSSL(
            [
                "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-utf8",
                "-keyout", "\(file).key", "-out", "\(file).csr", "-subj", "/CN=\(name ?? file)",
            ], in: folder)
        try openSSL(
            "x509 -req -days 30 -in \(file).csr -CA \(authority).pem -CAkey \(authority).key "
                + "-CAcreateserial -extfile \(file).ext -out \(file).pem", in: folder)
    }
}

/// Folders of tests, removed when the test run ends.
enum TestFolder {
    static func make() throws -> String {
        var template = Array("\(NSTemporaryDirectory())/tls-tests.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw ProgramFailure(description: "mkdtemp") }
        let path = String(decoding: template.prefix { $0 != 0 }.map { UInt8($0) }, as: UTF8.self)
        made.withLock { $0.append(path) }
        return path
    }

    private static let made: Locked<[String]> = {
        atexit {
            for path in TestFolder.made.withLock({ $0 }) {
                try? FileManager.default.removeItem(atPath: path)
            }
        }
        return Locked([])
    }()
}

struct ProgramFailure: Error, CustomStringConvertible {
    let description: String
}

/// What a program printed on both outputs, and its exit code.
struct ProgramResult: Sendable {
    let output: String
    let status: Int32
}

/// Runs a program to its end.
func runProgram(_ arguments: [String], in folder: String? = nil, input: String = "") throws
    -> ProgramResult
{
    let child = ChildProcess()
    child.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    child.arguments = arguments
    child.currentDirectoryURL = folder.map { URL(fileURLWithPath: $0) }
    let (stdin, stdout) = (ChildPipe(), ChildPipe())
    child.standardInput = stdin
    child.standardOutput = stdout
    child.standardError = stdout
    try child.run()
    stdin.write(Data(input.utf8))
    stdin.closeWriter()
    let output = stdout.readToEnd()
    child.waitUntilExit()
    return ProgramResult(
        output: String(decoding: output, as: UTF8.self), status: child.terminationStatus)
}

func runOpenSSL(_ arguments: [String], in folder: String) throws {
    let result = try runProgram(["openssl"] + arguments, in: folder)
    guard result.status == 0 else { throw ProgramFailure(description: result.output) }
}

func openSSL(_ arguments: String, in folder: String) throws {
    try runOpenSSL(arguments.split(separator: " ").map(String.init), in: folder)
}

/// A value with a lock.
final class Locked<Value>: @unchecked Sendable {
    private var value: Value
    private let lock = NSLock()

    init(_ value: Value) { self.value = value }

    func withLock<T>(_ body: (inout Value) throws -> T) rethrows -> T {
        try lock.withLock { try body(&value) }
    }
}
