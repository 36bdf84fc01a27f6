import Foundation
import TestSupport

/// `Tests/Clients/hostile_remote.py`, which lists three records and misbehaves as it is told.
final class HostileRemote {
    let url: String
    private let process = ChildProcess()
    private let input = ChildPipe()

    init(_ fault: String) async throws {
        let output = ChildPipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", repository + "/Tests/Clients/hostile_remote.py", fault]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let line = try await blocking {
            String(decoding: output.availableData(), as: UTF8.self)
        }
        url = "http://127.0.0.1:\(line.trimmingCharacters(in: .whitespacesAndNewlines))"
    }

    // Its standard input ends, and with it the process.
    deinit { input.closeWriter() }

    /// How often each path was asked for.
    func asked() async throws -> [String: Int] {
        let answer = try await SocketClient(String(url.dropFirst(7))).request("GET", "/asked")
        return answer.json.compactMapValues { $0 as? Int }
    }
}
