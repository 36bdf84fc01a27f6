/// A client of HTTP/2 on a connection of its own, with prior knowledge. For one task.
public final class HTTP2SocketClient {
    public let session: HTTP2Client
    public let socket: SocketClient

    /// Connects.
    /// - Parameters:
    ///   - window: the first window of each stream.
    ///   - connectionWindow: of all streams together, at least 65,535.
    ///   - receiveBuffer: bytes; small for a reader that is to fall behind.
    public init(
        _ address: String, window: UInt32 = 1 << 20, connectionWindow: Int32 = 16 << 20,
        receiveBuffer: Int32? = nil
    ) throws {
        session = HTTP2Client(window: window, connectionWindow: connectionWindow)
        socket = try SocketClient(address, receiveBuffer: receiveBuffer)
    }

    /// Sends a request.
    /// - Returns: the number of its stream.
    public func request(
        _ path: String, method: String = "GET", fields: [(String, String)] = [],
        body: [UInt8]? = nil
    ) async throws -> Int32 {
        let stream = session.request(path, method: method, fields: fields, body: body)
        try await send()
        return stream
    }

    /// Sends what waits.
    public func send() async throws {
        let bytes = session.output()
        if !bytes.isEmpty { try await socket.send(bytes) }
    }

    /// Sends and receives until `done`.
    /// - Throws: when the connection ends before.
    public func run(until done: (HTTP2Client) -> Bool) async throws {
        while true {
            try await send()
            if done(session) { return }
            let bytes = try await socket.readSome()
            guard !bytes.isEmpty else {
                throw SocketClient.Failure(description: "the connection ended early")
            }
            session.receive(bytes)
        }
    }

    /// Waits for the end of a stream, and returns what came on it.
    public func response(_ stream: Int32) async throws -> HTTP2Client.Response {
        try await run { $0.responses[stream]?.closeCode != nil }
        return session.responses[stream] ?? HTTP2Client.Response()
    }

    /// Sends a request, and waits for its response.
    public func get(_ path: String) async throws -> HTTP2Client.Response {
        try await response(try await request(path))
    }

    /// Takes the next block of a stream of events; nil at its end.
    func block(of stream: Int32) async throws -> [UInt8]? {
        let end = Array("\n\n".utf8)
        try await run {
            let response = $0.responses[stream]
            return response?.closeCode != nil || response?.body.firstRange(of: end) != nil
        }
        guard let range = session.responses[stream]?.body.firstRange(of: end) else { return nil }
        defer { session.responses[stream]?.body.removeSubrange(..<range.upperBound) }
        return session.responses[stream].map { Array($0.body[..<range.upperBound]) }
    }

    /// Receives until the connection ends.
    public func readToEnd() async throws {
        while case let bytes = try await socket.readSome(), !bytes.isEmpty {
            session.receive(bytes)
        }
    }
}

extension HTTP2Client.Response {
    /// The value of a field; empty when there is none.
    public subscript(name: String) -> String { fields.first { $0.0 == name }?.1 ?? "" }

    /// The fields by lower-case name; of repeated fields the last.
    var fieldsByName: [String: String] {
        Dictionary(fields.map { ($0.0, $0.1) }, uniquingKeysWith: { $1 })
    }

    /// The body as text.
    public var text: String { String(decoding: body, as: UTF8.self) }
}

/// A client that sends and reads single frames.
public final class RawClient {
    public let socket: SocketClient
    private var buffer: ArraySlice<UInt8> = []

    /// Connects, and sends the preface and SETTINGS.
    public init(
        _ address: String, settings: [(id: UInt16, value: UInt32)] = [],
        receiveBuffer: Int32? = nil
    ) async throws {
        socket = try SocketClient(address, receiveBuffer: receiveBuffer)
        try await socket.send(RawFrame.preface + RawFrame.settings(settings).bytes)
    }

    /// Connects, and lets the server send without limit, but takes little from the socket by itself.
    public static func slow(_ address: String) async throws -> RawClient {
        let client = try await RawClient(
            address, settings: [(4, 0x7FFF_FFFF)], receiveBuffer: 4096)
        try await client.send(.windowUpdate(0, 0x7FFF_0000))
        return client
    }

    public func send(_ frames: RawFrame...) async throws {
        try await socket.send(frames.flatMap(\.bytes))
    }

    /// The next frame; nil at the end of the stream.
    public func next() async throws -> RawFrame? {
        while true {
            if let frame = RawFrame.first(&buffer) { return frame }
            let bytes = try await socket.readSome()
            if bytes.isEmpty { return nil }
            buffer += bytes
        }
    }

    /// Reads up to the first frame for which `condition` is true.
    public func read(until condition: (RawFrame) -> Bool) async throws -> RawFrame {
        while let frame = try await next() {
            if condition(frame) { return frame }
        }
        throw SocketClient.Failure(description: "the connection ended early")
    }

    /// Everything up to the end of the stream.
    public func rest() async throws -> [RawFrame] {
        var frames: [RawFrame] = []
        while let frame = try await next() { frames.append(frame) }
        return frames
    }

    /// Returns when the server has handled all that was sent before.
    public func synchronize() async throws {
        try await send(RawFrame(.ping, payload: [0, 1, 2, 3, 4, 5, 6, 7]))
        _ = try await read { $0.kind == .ping && $0.flags == RawFrame.ack }
    }
}

extension HTTPAnswer {
    /// Takes a response of HTTP/2.
    public init(_ response: HTTP2Client.Response) {
        self.init(
            status: Int(response.status) ?? 0, fields: response.fieldsByName, body: response.body)
    }
}
