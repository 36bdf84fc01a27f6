import Directory
import Foundation
import Gateway
import Logging
import Records
import TestSupport
import Testing

/// A gateway of its own for one test: a port that the system chooses, a fresh data directory.
struct TestGateway {
    let server: GatewayServer
    /// What looks at its log; without effect if the test has a logger of its own.
    let secrets: SecretWatch
    var address: String { server.address }

    /// Starts a gateway, runs `body` and ends it in good order.
    /// - Parameter settings: by key, as flags would say them.
    static func run(
        _ settings: [String: String] = [:], logger: Logger? = nil,
        _ body: (TestGateway) async throws -> Void
    ) async throws {
        let path = NSTemporaryDirectory() + "gateway-\(UUID().uuidString)"
        let gateway = try await start(["data_dir": path].merging(settings) { $1 }, logger: logger)
        do { try await body(gateway) } catch {
            await gateway.server.shutdown()
            throw error
        }
        await gateway.server.shutdown()
        let leaks = gateway.secrets.found
        #expect(leaks.isEmpty, "the log must have no secret")
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Starts a gateway, which the caller ends.
    /// - Parameter settings: by key; `data_dir` has to be one of them.
    static func start(_ settings: [String: String], logger: Logger? = nil) async throws
        -> TestGateway
    {
        var flags = ["listen_address": "127.0.0.1:0", "loops": "2"]
        flags["dashboard.directory"] = repository + "/public"
        // What the tests send as Host.
        flags["allowed_hosts"] = "test,a,gateway"
        flags.merge(settings) { $1 }
        let reader = try SettingsReader(file: nil, flags: flags, environment: [:])
        let secrets = SecretWatch(flags)
        let server = try await GatewayServer.start(
            try Settings(reader), logger: logger ?? secrets.logger)
        return TestGateway(server: server, secrets: secrets)
    }

    /// One request on a connection of its own, or without one (`Way`).
    func request(
        _ method: String, _ target: String, fields: [String: String] = [:], body: String? = nil
    ) async throws -> HTTPAnswer {
        secrets.add(fields: fields)
        let answer =
            switch Way.current {
            case .live:
                try await SocketClient(address).request(method, target, fields: fields, body: body)
            case .http2: try await requestHTTP2(method, target, fields: fields, body: body)
            case .memory:
                await HTTPAnswer(await handle(method, target, fields: fields, body: body))
            }
        secrets.add(fields: answer.fields)
        return answer
    }

    /// Posts JSON.
    func post(_ target: String, _ body: String) async throws -> HTTPAnswer {
        try await request("POST", target, fields: ["Content-Type": "application/json"], body: body)
    }

    /// Pushes a record.
    /// - Returns: its CID.
    @discardableResult
    func push(_ name: String, skill: String = "s") async throws -> String {
        let answer = try await post("/push", record(name, skill: skill))
        return answer.json["cid"] as? String ?? ""
    }

    /// Pushes records `r0`, `r1` and so on in one request, and checks that all were stored.
    func push(count: Int, named name: String = "r") async throws {
        let lines = (0..<count).map { record("\(name)\($0)") }
        let answer = try await request(
            "POST", "/push", fields: ["Content-Type": "application/x-ndjson"],
            body: lines.joined(separator: "\n"))
        let results = answer.text.split(separator: "\n")
        #expect(results.count { $0.contains(#""status":201"#) } == count, "\(results.last ?? "")")
    }
}

/// Whether what `Tests/Clients` needs is installed: `scripts/bootstrap test` does it.
let hasClients = FileManager.default.fileExists(atPath: repository + "/.venv/bin/python")

/// Whether Chromium and what drives it are there too.
let hasBrowser =
    hasClients
    && ["/usr/bin/chromium", "/usr/bin/chromedriver"].allSatisfy {
        FileManager.default.fileExists(atPath: $0)
    }

/// Where the repository is.
let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

extension EventReader.Block {
    /// The short name of the event's type and its resource.
    var story: String { "\(self["event"] ?? "?") \(json["resource_id"] as? String ?? "")" }
}
