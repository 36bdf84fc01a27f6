import Foundation
import TestSupport
import Testing

/// Runs dirctl against a gateway; an environment of its own keeps the developer's settings out.
func dirctl(
    _ gateway: TestGateway? = nil, _ arguments: String..., input: String = "",
    environment: [String: String] = [:]
) async throws -> ProgramResult {
    try await dirctl(gateway?.address ?? "", arguments, input: input, environment: environment)
}

/// Runs dirctl against whatever is at an address.
func dirctl(
    _ address: String, _ arguments: [String], input: String = "",
    environment: [String: String] = [:]
) async throws -> ProgramResult {
    var variables = [
        "XDG_CONFIG_HOME": "/nowhere", "DIRECTORY_CLIENT_SERVER_ADDRESS": address,
    ]
    variables.merge(environment) { $1 }
    return try await runProgram("dirctl", arguments, environment: variables, input: input)
}

/// A listening dirctl.
final class Listening {
    let process = ChildProcess()
    private let (out, error) = (ChildPipe(), ChildPipe())

    convenience init(_ gateway: TestGateway, _ arguments: String...) async throws {
        try await self.init(gateway, arguments)
    }

    init(_ gateway: TestGateway, _ arguments: [String]) async throws {
        // What started the tests may ignore SIGINT, and children inherit that.
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            ["--default-signal=INT", executable("dirctl").path, "events", "listen"] + arguments
        process.environment = [
            "DIRECTORY_CLIENT_SERVER_ADDRESS": gateway.address, "XDG_CONFIG_HOME": "/nowhere",
            "TZ": "America/New_York",
        ]
        process.standardOutput = out
        process.standardError = error
        try process.run()
        // A test that waits in vain fails instead of standing still.
        DispatchQueue.global().asyncAfter(deadline: .now() + 30) { [weak process] in
            if process?.isRunning == true { process?.terminate() }
        }
    }

    deinit { if process.isRunning { process.terminate() } }

    /// What is written until a text comes.
    private func read(_ pipe: ChildPipe, until mark: String) async throws -> String {
        let handle = pipe
        return try await blocking {
            var text = ""
            while !text.contains(mark) {
                let part = handle.availableData()
                if part.isEmpty { return text + "<end>" }
                text += String(decoding: part, as: UTF8.self)
            }
            return text
        }
    }

    func data(until mark: String) async throws -> String { try await read(out, until: mark) }
    func notices(until mark: String) async throws -> String { try await read(error, until: mark) }
}
