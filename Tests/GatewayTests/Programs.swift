import Foundation
import TestSupport

/// A program of this package, as it was built beside the tests.
func executable(_ name: String) -> URL {
    var folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    while folder.path != "/" {
        let candidate = folder.appending(path: name)
        var isDirectory: ObjCBool = false
        if FileManager.default.fileExists(atPath: candidate.path, isDirectory: &isDirectory),
            !isDirectory.boolValue
        {
            return candidate
        }
        folder.deleteLastPathComponent()
    }
    return URL(filePath: repository + "/.build/debug/\(name)")
}

/// How a program ended and what it said.
typealias ProgramResult = (status: Int32, out: String, error: String)

/// Runs a program of this package to its end.
func runProgram(
    _ name: String, _ arguments: [String], environment: [String: String] = [:], input: String = ""
) async throws -> ProgramResult {
    try await run(executable(name), arguments, environment: environment, input: input)
}

/// Runs any program to its end.
func run(
    _ program: URL, _ arguments: [String], environment: [String: String] = [:], input: String = "",
    directory: String? = nil
) async throws -> ProgramResult {
    let process = ChildProcess()
    let (stdin, out, error) = (ChildPipe(), ChildPipe(), ChildPipe())
    process.executableURL = program
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = stdin
    process.standardOutput = out
    process.standardError = error
    if let directory { process.currentDirectoryURL = URL(filePath: directory) }
    try process.run()
    async let complaint = blocking {
        String(decoding: error.readToEnd(), as: UTF8.self)
    }
    async let sent: Void = blocking {
        stdin.write(Data(input.utf8))
        stdin.closeWriter()
    }
    let text = try await blocking {
        String(decoding: out.readToEnd(), as: UTF8.self)
    }
    try await blocking { process.waitUntilExit() }
    try await sent
    return (process.terminationStatus, text, try await complaint)
}
