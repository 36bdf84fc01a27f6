import Foundation
import TestSupport

/// `Tests/Clients/hello_server.py`, which answers every request on a connection that it keeps.
final class HelloServer: Sendable {
    let address: String
    /// The file of its certificate, which is its own authority; empty without TLS.
    let certificate: String
    private let input = ChildPipe()

    /// - Parameter name: with it, the server speaks TLS with a certificate for this host.
    init(certificateFor name: String = "") async throws {
        let process = ChildProcess()
        let output = ChildPipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Clients/hello_server.py").path
        process.arguments = ["python3", script, name]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.availableData(), as: UTF8.self)
        let words = line.trimmingCharacters(in: .whitespacesAndNewlines).components(
            separatedBy: " ")
        address = "127.0.0.1:\(words[0])"
        certificate = words.count > 1 ? words[1] : ""
    }

    // Its standard input ends, and with it the process.
    deinit { input.closeWriter() }
}
