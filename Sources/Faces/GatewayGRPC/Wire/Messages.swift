internal import SwiftProtobuf

/// Reading and writing generated messages. Large ones are read away from the loop, because it takes
/// time.
enum Messages {
    /// Up to this size in bytes, a message is read on the caller's thread.
    private static let smallSize = 16 << 10

    /// Reads a message.
    /// - Throws: `GRPCStatus.malformed`.
    static func read<M: Message>(_ bytes: [UInt8], as type: M.Type = M.self)
        async throws -> M
    {
        bytes.count <= smallSize ? try parse(bytes) : try await parseLarge(bytes)
    }

    @concurrent
    private static func parseLarge<M: Message>(_ bytes: [UInt8]) async throws -> M {
        try parse(bytes)
    }

    private static func parse<M: Message>(_ bytes: [UInt8]) throws -> M {
        do { return try M(serializedBytes: bytes) } catch { throw GRPCStatus.malformed }
    }

    /// Returns the bytes of a message.
    static func bytes(_ message: some Message) throws -> [UInt8] { try message.serializedBytes() }
}

extension GRPCCall {
    /// Sends a generated message.
    func send(_ message: some Message) async throws { try await send(Messages.bytes(message)) }
}

extension GRPCMethod {
    /// Makes a method with one message in each direction.
    static func unary<Request: Message, Reply: Message>(
        _ service: String, _ name: String, scope: Scope, admission: Admission = .operation,
        _ handle: @escaping @Sendable (Request) async throws -> Reply
    ) -> GRPCMethod {
        GRPCMethod(service, name, .unary, scope: scope, admission: admission) { call in
            let reply = try await handle(try await Messages.read(try await call.only()))
            try await call.send(reply)
        }
    }

    /// Makes a method with one message from the client, whose handler sends any number.
    static func serverStream<Request: Message>(
        _ service: String, _ name: String, scope: Scope, admission: Admission = .operation,
        _ handle: @escaping @Sendable (Request, GRPCCall) async throws -> Void
    ) -> GRPCMethod {
        GRPCMethod(service, name, .serverStream, scope: scope, admission: admission) { call in
            try await handle(try await Messages.read(try await call.only()), call)
        }
    }

    /// Makes a method whose handler is called for each message of the client, and sends any number.
    static func bidirectional<Request: Message>(
        _ service: String, _ name: String, scope: Scope, admission: Admission = .operation,
        _ handle: @escaping @Sendable (Request, GRPCCall) async throws -> Void
    ) -> GRPCMethod {
        GRPCMethod(service, name, .bidirectional, scope: scope, admission: admission) { call in
            while let message = try await call.next() {
                try await handle(try await Messages.read(message), call)
            }
        }
    }
}
