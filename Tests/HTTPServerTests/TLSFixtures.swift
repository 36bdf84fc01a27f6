import Foundation
import TLS
import TestSupport

/// What a program says and returns.
struct Program {
    let status: Int32
    let output: [UInt8]
    var text: String { String(decoding: output, as: UTF8.self) }

    init(_ path: String, _ arguments: [String]) async throws {
        (status, output) = try await blocking {
            let (child, pipe) = (ChildProcess(), ChildPipe())
            child.executableURL = URL(filePath: path)
            child.arguments = arguments
            child.standardOutput = pipe
            child.standardError = pipe
            try child.run()
            var output: [UInt8] = []
            while case let data = pipe.availableData(), !data.isEmpty { output += data }
            child.waitUntilExit()
            return (child.terminationStatus, output)
        }
    }
}

/// What `curl` says and returns.
struct Curl {
    private let program: Program
    var status: Int32 { program.status }
    var output: [UInt8] { program.output }
    var text: String { program.text }

    init(_ arguments: [String]) async throws {
        program = try await Program(
            "/usr/bin/curl", ["-sS", "--max-time", "20"] + arguments)
    }
}

/// A certificate for `localhost` that signs itself.
let certificate = Result { () throws -> TLSConfiguration.CertificateFiles in
    let folder = NSTemporaryDirectory() + "connections-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let child = ChildProcess()
    child.executableURL = URL(filePath: "/usr/bin/openssl")
    child.arguments =
        ("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost "
        + "-addext subjectAltName=DNS:localhost -keyout \(folder)/key.pem -out \(folder)/cert.pem")
        .split(separator: " ").map(String.init)
    child.standardError = ChildPipe()
    try child.run()
    child.waitUntilExit()
    return .init(certificate: "\(folder)/cert.pem", key: "\(folder)/key.pem")
}
