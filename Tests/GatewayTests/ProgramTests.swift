import Foundation
import TestSupport
import Testing

/// The program itself, as an operator runs it.
private final class Program {
    let process = ChildProcess()
    let address: String
    let directory: String
    private let log = ChildPipe()

    /// Starts the program and waits until it says where it listens.
    init(_ arguments: [String] = [], directory: String? = nil) async throws {
        self.directory = directory ?? NSTemporaryDirectory() + "program-\(UUID().uuidString)"
        process.executableURL = executable("dir-gateway")
        process.arguments =
            [
                "--listen-address", "127.0.0.1:0", "--data-dir", self.directory, "--set",
                "allowed_hosts=test,a",
            ] + arguments
        process.standardError = log
        try process.run()
        address = try await Self.address(in: log)
    }

    private static func address(in log: ChildPipe) async throws -> String {
        var text = ""
        while let line = try await read(log) {
            text += line
            if let found = text.firstMatch(of: /url=http:\/\/([0-9.:]+)/) { return String(found.1) }
        }
        throw SocketClient.Failure(description: "the program ended: \(text)")
    }

    private static func read(_ pipe: ChildPipe) async throws -> String? {
        let handle = pipe
        let data = try await blocking { handle.availableData() }
        return data.isEmpty ? nil : String(decoding: data, as: UTF8.self)
    }

    /// What the program logs from now on, to its end.
    func restOfLog() async throws -> String {
        var text = ""
        while let part = try await Self.read(log) { text += part }
        return text
    }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Waits for the end.
    func exit() async throws -> (reason: ChildProcess.TerminationReason, status: Int32) {
        let process = process
        try await blocking { process.waitUntilExit() }
        return (process.terminationReason, process.terminationStatus)
    }

    deinit { if process.isRunning { process.terminate() } }
}

/// Runs the gateway to its end.
private func run(_ arguments: [String], environment: [String: String] = [:]) async throws
    -> ProgramResult
{
    try await runProgram("dir-gateway", arguments, environment: environment)
}

@Suite struct ProgramTests {
    @Test func `SIGTERM says goodbye to every stream and ends well`() async throws {
        let program = try await Program()
        let readers = [
            try await EventReader(program.address), try await EventReader(program.address),
        ]
        let idle = try SocketClient(program.address)
        #expect(try await idle.request("GET", "/healthz").status == 200)
        program.signal(SIGTERM)
        for reader in readers {
            let event = try await reader.event()
            #expect(event["event"] == "goodbye")
            let retry = try #require(event["retry"].flatMap { Int($0) })
            #expect((3000...6000).contains(retry))
            #expect(try await reader.block() == nil, "a clean end of the body")
        }
        #expect(try await idle.isClosedByPeer())
        let end = try await program.exit()
        #expect(end.reason == .exit && end.status == 0)
        #expect(throws: SocketClient.Failure.self) { try SocketClient(program.address) }
    }

    @Test func `a stream that does not read cannot hold up the end`() async throws {
        let program = try await Program(["--set", "drain_timeout=300ms"])
        let client = try SocketClient(program.address, receiveBuffer: 4096)
        try await client.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
        let names = (0..<2000).map { record("r\($0)", skill: String(repeating: "x", count: 1900)) }
        let push = try SocketClient(program.address, timeout: 30)
        let answer = try await push.request(
            "POST", "/push", fields: ["Content-Type": "application/x-ndjson"],
            body: names.joined(separator: "\n"))
        #expect(answer.status == 200)
        program.signal(SIGINT)
        #expect(try await program.exit().status == 0)
    }

    @Test func `a second signal ends at once`() async throws {
        let program = try await Program(["--set", "drain_timeout=1h"])
        // A body that never comes keeps the operation running.
        let client = try SocketClient(program.address)
        try await client.send(
            "POST /push HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"
        )
        #expect(try await client.head().status == 100)
        program.signal(SIGTERM)
        // The first signal has been taken when the listener is gone.
        while (try? SocketClient(program.address)) != nil {}
        program.signal(SIGTERM)
        #expect(try await program.exit().status == 128 + SIGTERM)
    }

    @Test func `a listing in the middle delays no client, and the end is in time`() async throws {
        let program = try await Program([
            "--set", "drain_timeout=2s", "--set", "limits.query_time=1h",
        ])
        let lines = (0..<3000).map {
            record("r\($0)", skill: String(repeating: "s", count: 500) + "\($0)")
        }
        _ = try await SocketClient(program.address, timeout: 60).request(
            "POST", "/push", fields: ["Content-Type": "application/x-ndjson"],
            body: lines.joined(separator: "\n"))
        // Wildcards that fit nothing and are tried everywhere.
        let names = (0..<90).map { "*\(String(repeating: "r*", count: 20))x\($0)" }.joined(
            separator: ",")
        var clients: [SocketClient] = []
        for _ in 0..<8 {
            let client = try SocketClient(program.address)
            try await client.send("GET /records?name=\(names) HTTP/1.1\r\nHost: a\r\n\r\n")
            clients.append(client)
        }
        #expect(try await SocketClient(program.address).request("GET", "/readyz").status == 200)
        program.signal(SIGTERM)
        #expect(try await program.exit().status == 0)
        _ = clients
    }

    @Test func `half a request delays no other client, and half a body gets a response`()
        async throws
    {
        let program = try await Program(["--set", "drain_timeout=800ms"])
        let half = try SocketClient(program.address)
        try await half.send("GET /healthz HTTP/1.1\r\nHost:")
        let body = try SocketClient(program.address)
        try await body.send(
            "POST /push HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"
        )
        #expect(try await body.head().status == 100)
        program.signal(SIGTERM)
        #expect(try await half.isClosedByPeer())
        #expect(try await body.answer().status == 408)
        #expect(try await program.exit().status == 0)
    }

    @Test func `what runs is finished before the end`() async throws {
        let program = try await Program()
        let reader = try await EventReader(program.address)
        let client = try SocketClient(program.address)
        let body = record("late")
        try await client.send(
            "POST /push HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\nExpect: 100-continue\r\n\r\n"
        )
        #expect(try await client.head().status == 100)
        program.signal(SIGTERM)
        while (try? SocketClient(program.address)) != nil {}
        try await client.send(body)
        #expect(try await client.answer().status == 201)
        #expect(try await reader.event()["event"] == "RECORD_PUSHED")
        #expect(try await reader.event()["event"] == "goodbye")
        #expect(try await program.exit().status == 0)
    }

    @Test func `SIGHUP reads the log level again and drops no stream`() async throws {
        let file = NSTemporaryDirectory() + "settings-\(UUID().uuidString).yml"
        try "log:\n  level: info\n".write(toFile: file, atomically: true, encoding: .utf8)
        let program = try await Program(["--config", file])
        let reader = try await EventReader(program.address)
        try "log:\n  level: error\n".write(toFile: file, atomically: true, encoding: .utf8)
        program.signal(SIGHUP)
        var cid = ""
        for number in 0..<2 {
            let answer = try await SocketClient(program.address).request(
                "POST", "/push", fields: ["Content-Type": "application/json"],
                body: record("r\(number)"))
            cid = answer.json["cid"] as? String ?? ""
            #expect(try await reader.event().story == "RECORD_PUSHED \(cid)")
        }
        program.signal(SIGTERM)
        let log = try await program.restOfLog()
        #expect(try await program.exit().status == 0)
        #expect(!log.contains("shutting down"), "info lines are no longer logged")
    }

    @Test func `kill -9 loses no push that was acknowledged`() async throws {
        var directory: String?
        for round in 0..<5 {
            let program = try await Program(["--set", "log.access=false"], directory: directory)
            directory = program.directory
            let address = program.address
            let acknowledged = await withTaskGroup(of: [String].self) { group in
                for worker in 0..<8 {
                    group.addTask {
                        var cids: [String] = []
                        guard let client = try? SocketClient(address) else { return cids }
                        for number in 0..<10_000 {
                            let body = record("r\(round)-\(worker)-\(number)")
                            guard
                                let answer = try? await client.request(
                                    "POST", "/push", fields: ["Content-Type": "application/json"],
                                    body: body), answer.status == 201
                            else { break }
                            cids.append(answer.json["cid"] as? String ?? "")
                        }
                        return cids
                    }
                }
                // In the middle of it all: when some have been acknowledged.
                group.addTask {
                    guard let reader = try? await EventReader(address) else { return [] }
                    for _ in 0..<(100 + round * 37) { _ = try? await reader.event() }
                    return ["kill"]
                }
                var all: [String] = []
                for await cids in group {
                    if cids == ["kill"] { program.signal(SIGKILL) } else { all += cids }
                }
                return all
            }
            #expect(acknowledged.count > 50)
            _ = try await program.exit()

            let again = try await Program(["--set", "log.access=false"], directory: directory)
            for cid in acknowledged {
                let client = try SocketClient(again.address)
                #expect(try await client.request("HEAD", "/records/\(cid)").status == 200)
            }
            again.signal(SIGKILL)
            _ = try await again.exit()
        }
        try? FileManager.default.removeItem(atPath: directory ?? "")
    }

    @Test func `a mistake in the settings stops the start and says what to do`() async throws {
        let file = NSTemporaryDirectory() + "settings-\(UUID().uuidString).yml"
        let cases: [(String, String)] = [
            (
                "events:\n  hartbeat_interval: 5s\n",
                ":2: there is no setting events.hartbeat_interval, did you mean events.heartbeat_interval?"
            ),
            (
                "\nevents:\n  heartbeat_interval: fast\n",
                ":3: events.heartbeat_interval is \"fast\", but must be a time"
            ),
            ("loops: [1]\n", ":1: loops must be a whole number from 0 to 256, not a list"),
            ("nonsense\n", "must hold keys and values"),
            ("a: b: c\n", "is not a settings file"),
            ("loops: 1\nloops: 2\n", "is not a settings file"),
        ]
        for (text, complaint) in cases {
            try text.write(toFile: file, atomically: true, encoding: .utf8)
            let result = try await run(["--config", file])
            #expect(result.status != 0)
            #expect(result.error.contains(complaint), "\(result.error)")
            #expect(result.out.isEmpty)
        }
        #expect(try await run(["--config", "/nowhere/x.yml"]).error.contains("/nowhere/x.yml"))
        #expect(
            try await run(["--set", "no.such=1"]).error.contains("there is no setting no.such"))
        #expect(try await run(["--listen-address", "0.0.0.0:0"]).error.contains("auth.mode"))
    }

    @Test func `a port or a store that is in use is named`() async throws {
        let program = try await Program()
        let port = try await run([
            "--listen-address", program.address, "--data-dir",
            NSTemporaryDirectory() + UUID().uuidString,
        ])
        #expect(port.status != 0)
        #expect(port.error.contains("another process listens on \(program.address)"))
        let store = try await run([
            "--listen-address", "127.0.0.1:0", "--data-dir", program.directory,
        ])
        #expect(store.status != 0)
        #expect(store.error.contains("another gateway uses \(program.directory)"))
        program.signal(SIGKILL)
        _ = try await program.exit()
    }

    @Test func `the effective settings say where they came from`() async throws {
        let file = NSTemporaryDirectory() + "settings-\(UUID().uuidString).yml"
        try "events:\n  retry: 4s\n  heartbeat_interval: 7s\nloops: 3\n"
            .write(toFile: file, atomically: true, encoding: .utf8)
        let result = try await run(
            ["config", "--config", file, "--set", "loops=5"],
            environment: ["DIRECTORY_SERVER_EVENTS_RETRY": "9s", "DIRECTORY_SERVER_LOOPS": "4"])
        #expect(result.status == 0)
        func line(_ key: String) -> [Substring]? {
            result.out.split(separator: "\n").map { $0.split(separator: " ") }
                .first { $0.first == "\(key):" }
        }
        #expect(line("loops") == ["loops:", "5", "#", "--set", "loops"])
        #expect(
            line("events.retry") == ["events.retry:", "9s", "#", "DIRECTORY_SERVER_EVENTS_RETRY"])
        #expect(
            line("events.heartbeat_interval")
                == ["events.heartbeat_interval:", "7s", "#", "\(file):3"])
        #expect(line("data_dir") == ["data_dir:", "data", "#", "default"])
    }

    @Test func `help and version are given on request`() async throws {
        #expect(try await run(["--help"]).out.contains("serve (default)"))
        #expect(try await run(["--version"]).out.hasPrefix("dir-gateway "))
        #expect(try await run(["--nonsense"]).status == 64)
    }
}
