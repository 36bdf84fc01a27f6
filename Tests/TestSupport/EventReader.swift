import Foundation

/// Reads a stream of server-sent events over a bare socket.
public struct EventReader: Sendable {
    /// One block of the stream.
    public struct Block: Sendable {
        public var comments: [String] = []
        public var fields: [(name: String, value: String)] = []

        public subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

        /// The data as a JSON object.
        public var json: [String: Any] {
            let data = Data((self["data"] ?? "").utf8)
            return (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] ?? [:]
        }
    }

    private let socket: SocketClient?
    private let chunk: @Sendable () async throws -> [UInt8]?
    private let pending = Box<[String]>([])
    public let fields: [String: String]

    /// Subscribes, and reads up to the end of the first block.
    public init(
        _ address: String, _ target: String = "/events", fields: [String: String] = [:],
        receiveBuffer: Int32? = nil, timeout: Int = 120
    ) async throws {
        let client = try SocketClient(address, timeout: timeout, receiveBuffer: receiveBuffer)
        socket = client
        chunk = { try await client.chunk() }
        var head = "GET \(target) HTTP/1.1\r\nHost: test\r\nAccept: text/event-stream\r\n"
        for (name, value) in fields { head += "\(name): \(value)\r\n" }
        try await client.send(head + "\r\n")
        let (status, fields) = try await client.head()
        guard status == 200 else { throw SocketClient.Failure(description: "status \(status)") }
        self.fields = fields
        _ = try await block()
    }

    /// Reads a stream that has no socket.
    public init(_ output: MemoryExchange.Output) async throws {
        guard output.status == 200 else {
            throw SocketClient.Failure(description: "status \(output.status)")
        }
        socket = nil
        fields = output.fields
        let pieces = Box(output.pieces.makeAsyncIterator())
        chunk = { await pieces.next() }
        _ = try await block()
    }

    /// Subscribes over HTTP/2, and reads up to the end of the first block.
    public init(http2 address: String, _ target: String, fields more: [String: String] = [:])
        async throws
    {
        let client = Box(try HTTP2SocketClient(address))
        let stream = try await client.value.request(
            target,
            fields: [("accept", "text/event-stream")]
                + more.map { ($0.key.lowercased(), $0.value) })
        try await client.value.run { $0.responses[stream]?.hasHead == true }
        let response = client.value.session.responses[stream]
        guard response?.status == "200" else {
            throw SocketClient.Failure(description: "status \(response?.status ?? "")")
        }
        socket = nil
        fields = response?.fieldsByName ?? [:]
        chunk = { try await client.value.block(of: stream) }
        _ = try await block()
    }

    /// The socket of a stream that has one.
    public var client: SocketClient {
        get throws {
            guard let socket else { throw SocketClient.Failure(description: "no socket") }
            return socket
        }
    }

    /// The next block, whatever it is; nil at the end of the body.
    public func block() async throws -> Block? {
        if pending.value.isEmpty {
            guard let chunk = try await chunk() else { return nil }
            // Frames of the gateway are one chunk each; the first chunk may have two blocks.
            pending.value = String(decoding: chunk, as: UTF8.self).components(separatedBy: "\n\n")
                .filter { !$0.isEmpty }
        }
        var block = Block()
        guard !pending.value.isEmpty else { return block }
        for line in pending.value.removeFirst().components(separatedBy: "\n") {
            if line.hasPrefix(":") {
                block.comments.append(String(line.dropFirst()))
            } else if !line.isEmpty {
                let halves = line.components(separatedBy: ": ")
                block.fields.append((halves[0], halves.dropFirst().joined(separator: ": ")))
            }
        }
        return block
    }

    /// The next block that is not a heartbeat.
    public func event() async throws -> Block {
        while let block = try await block() {
            if !block.fields.isEmpty { return block }
        }
        throw SocketClient.Failure(description: "the stream ended")
    }
}

extension Box where Value == AsyncStream<[UInt8]>.Iterator {
    /// The next piece. One call at a time.
    func next() async -> [UInt8]? { await value.next() }
}
