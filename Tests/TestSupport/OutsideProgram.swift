import Foundation

/// What a program says and returns.
public struct OutsideProgram: Sendable {
    public let status: Int32
    public let output: [UInt8]
    public var text: String { String(decoding: output, as: UTF8.self) }

    /// Runs it, and waits for its end.
    public init(_ path: String, _ arguments: [String]) async throws {
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
public struct Curl: Sendable {
    private let program: OutsideProgram
    public var status: Int32 { program.status }
    public var output: [UInt8] { program.output }
    public var text: String { program.text }

    /// Runs it, for 20 s at most.
    public init(_ arguments: [String]) async throws {
        program = try await OutsideProgram(
            "/usr/bin/curl", ["-sS", "--max-time", "20"] + arguments)
    }
}

/// A certificate for `localhost` that signs itself, in files.
public struct SelfSigned: Sendable {
    public let certificate: String
    public let key: String

    /// Makes one, by the `openssl` program.
    public init() throws {
        let folder = NSTemporaryDirectory() + "certificate-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let child = ChildProcess()
        child.executableURL = URL(filePath: "/usr/bin/openssl")
        child.arguments =
            ("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
            + "-subj /CN=localhost -addext subjectAltName=DNS:localhost "
            + "-keyout \(folder)/key.pem -out \(folder)/cert.pem")
            .split(separator: " ").map(String.init)
        child.standardError = ChildPipe()
        try child.run()
        child.waitUntilExit()
        certificate = "\(folder)/cert.pem"
        key = "\(folder)/key.pem"
    }
}
