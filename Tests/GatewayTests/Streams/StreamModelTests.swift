import Foundation
import Synchronization
import TestSupport
import Testing

/// Random publishes, filters, slow readers, disconnects, evictions and restarts: what each client
/// reads, over all its connections, is compared with the list of all that was published.
///
/// `STREAM_MODEL_SEED=N` repeats a run; `STREAM_MODEL_ROUNDS=N` makes more of them.
@Suite struct StreamModelTests {
    @Test func `each client receives exactly what was published, or learns of what it missed`()
        async throws
    {
        let environment = ProcessInfo.processInfo.environment
        let rounds = environment["STREAM_MODEL_ROUNDS"].flatMap { Int($0) } ?? 4
        let first = environment["STREAM_MODEL_SEED"].flatMap { UInt64($0) }
        for round in 0..<rounds {
            let seed = (first ?? UInt64.random(in: 0..<1_000_000_000)) &+ UInt64(round)
            print("stream model: STREAM_MODEL_SEED=\(seed)")
            try await StreamModel(seed: seed).run()
        }
    }
}

/// A gateway, and clients that check what they receive. For one task.
private final class StreamModel {
    private let seed: UInt64
    private var random: Seeded
    private let directory: String
    private let published = PublishedEvents()
    private let settings: [String: String]
    private let hasHistory: Bool
    private let isLong: Bool
    private let catchesUp: Bool
    private var gateway: TestGateway?
    private var clients: [ModelClient] = []
    /// The cids of the records, by their number.
    private var cids: [String] = []
    /// The label of each cid that decides.
    private let labels = Labels()
    private var sentinel = ""

    private final class Labels: Sendable {
        let of = Mutex<[String: String]>([:])
    }

    private static let skills = ["vision", "speech", "vision/deep", "sound"]
    private var note: Comment { "STREAM_MODEL_SEED=\(seed)" }

    init(seed: UInt64) {
        self.seed = seed
        random = Seeded(seed: seed)
        directory = NSTemporaryDirectory() + "stream-model-\(UUID().uuidString)"
        hasHistory = Int.random(in: 0..<4, using: &random) > 0
        catchesUp = Bool.random(using: &random)
        // A log that is long enough for the whole run, or one that evicts all the time.
        isLong = Bool.random(using: &random)
        settings = [
            "data_dir": directory, "events.log_published_events": "true",
            "events.history.max_events": !hasHistory ? "0" : isLong ? "100000" : "40",
            "events.on_overflow": catchesUp ? "catch-up" : "drop",
            "events.subscriber_buffer_size": "\(Int.random(in: 1...8, using: &random))",
            "events.heartbeat_interval": "300ms",
        ]
    }

    func run() async throws {
        try await start()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        sentinel = try await push("end", "end")
        for number in 0..<12 { cids.append(try await push(number)) }
        for _ in 0..<60 { try await step() }
        try await settle()
        try await stop()
        let ids = published.all.map(\.id)
        #expect(ids == ids.sorted() && Set(ids).count == ids.count, note)
        if hasHistory, isLong, catchesUp {
            #expect(clients.allSatisfy { $0.dropped == 0 && $0.resets == 0 }, note)
        }
    }

    private func step() async throws {
        switch Int.random(in: 0..<24, using: &random) {
        case 0..<10: try await operate()
        case 10..<13: try await subscribe()
        case 13..<19:
            let client = clients.filter(\.isConnected).randomElement(using: &random)
            try await client?.read(atMost: Int.random(in: 1...20, using: &random))
        case 19..<21:
            clients.filter(\.isConnected).randomElement(using: &random)?.disconnect()
        case 21:
            let client = clients.filter { !$0.isConnected }.randomElement(using: &random)
            if let client { try await connect(client) }
        case 22: try await settle()
        default:
            try await stop()
            try await start()
        }
    }

    // MARK: The gateway

    private func start() async throws {
        gateway = try await TestGateway.start(settings, logger: published.logger)
    }

    /// Shuts the gateway down, while the clients read what is left for them.
    private func stop() async throws {
        guard let gateway else { return }
        self.gateway = nil
        try await withThrowingTaskGroup { group in
            group.addTask { await gateway.server.shutdown() }
            for client in clients where client.isConnected {
                group.addTask { try await client.readToEnd() }
            }
            try await group.waitForAll()
        }
    }

    @discardableResult
    private func push(_ name: String, _ skill: String, isWide: Bool = false) async throws -> String
    {
        let wide = (0..<16).map { "\(skill)-\($0)-" + String(repeating: "x", count: 1900) }
        let body = record(name, skills: [skill] + (isWide ? wide : []))
        let cid = try await gateway?.post("/push", body).json["cid"] as? String ?? ""
        #expect(!cid.isEmpty, note)
        labels.of.withLock { $0[cid] = "/skills/\(skill)" }
        return cid
    }

    private func push(_ number: Int) async throws -> String {
        try await push(
            "m\(number)", Self.skills[number % Self.skills.count],
            isWide: Bool.random(using: &random))
    }

    /// One operation after the other, so that their order is known.
    private func operate() async throws {
        for _ in 0..<Int.random(in: 1...12, using: &random) {
            let index = cids.indices.randomElement(using: &random) ?? 0
            switch Int.random(in: 0..<8, using: &random) {
            case 0: _ = try await gateway?.request("DELETE", "/records/\(cids[index])")
            case 1: _ = try await gateway?.request("GET", "/records/\(cids[index])")
            default: cids[index] = try await push(index)
            }
        }
    }

    /// Lets all clients come back and read everything, up to an event that all of them get.
    private func settle() async throws {
        for client in clients where !client.isConnected { try await connect(client) }
        try await push("end", "end")
        for client in clients { try await client.read() }
    }

    // MARK: The clients

    private func subscribe() async throws {
        guard clients.count < 12 else { return }
        let kind = StreamKind.allCases.randomElement(using: &random) ?? .sse
        var request = StreamRequest(isNarrow: Bool.random(using: &random))
        if Int.random(in: 0..<3, using: &random) == 0 {
            request.types = [.recordPushed, .recordPulled]
        }
        if Int.random(in: 0..<3, using: &random) == 0 {
            request.labels = ["/skills/end", Self.skills.randomElement(using: &random) ?? ""]
        }
        if Int.random(in: 0..<4, using: &random) == 0 {
            request.cids = [sentinel] + cids.shuffled(using: &random).prefix(4)
        }
        // What is evicted counts whether or not it matches.
        let client = ModelClient(
            kind, request, published, countsExactly: !hasHistory || isLong, note: note
        ) { [labels] cid in labels.of.withLock { $0[cid] ?? "" } }
        clients.append(client)
        try await connect(client)
    }

    /// Connects a client when all that was done has been published: a change is answered after that.
    private func connect(_ client: ModelClient) async throws {
        try await push("end", "end")
        try await client.connect(gateway?.address ?? "", hasHistory: hasHistory)
    }
}
