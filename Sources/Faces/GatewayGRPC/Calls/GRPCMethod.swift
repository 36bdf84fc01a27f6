internal import Text

/// One line of the table of methods. Dispatch, metrics, authorization and reflection use it.
package struct GRPCMethod: Sendable {
    /// Runs on the loop of the call, which it must not block. It ends with success, or throws.
    typealias Handler = @Sendable (GRPCCall) async throws -> Void

    /// How many messages each side sends.
    package enum Kind: Sendable { case unary, serverStream, clientStream, bidirectional }

    /// Which calls are admitted while the gateway is full.
    package enum Admission: Sendable {
        /// Refused with an error.
        case operation
        /// Counted as a stream, when it subscribes.
        case stream
        /// Always admitted, because it reports the state of the gateway.
        case vital
    }

    /// What a client must be allowed to do (design: the scopes of tokens).
    package enum Scope: Sendable {
        case eventsRead, recordsRead, recordsWrite
        /// Every client may call it.
        case none
    }

    /// The full name of the service.
    package let service: String
    /// The name of the method.
    package let name: String
    /// How many messages each side sends.
    package let kind: Kind
    /// What a client must be allowed to do.
    package let scope: Scope
    /// How a call is admitted.
    package let admission: Admission
    /// The most bytes of one message of the client.
    package let messageLimit: Int
    let handle: Handler

    init(
        _ service: String, _ name: String, _ kind: Kind, scope: Scope,
        admission: Admission = .operation, messageLimit: Int = Self.smallMessage,
        handle: @escaping Handler
    ) {
        self.service = service
        self.name = name
        self.kind = kind
        self.scope = scope
        self.admission = admission
        self.messageLimit = messageLimit
        self.handle = handle
    }

    /// The limit of messages without a record: some bytes of protobuf can become fifty times as many
    /// in memory, and none of these messages needs more.
    static let smallMessage = 1 << 20

    /// The path of its requests: `/package.Service/Method`.
    package var path: String { "/\(service)/\(name)" }
}

/// All methods, by path.
package struct GRPCMethodTable: Sendable {
    /// The methods, in their order.
    package let all: [GRPCMethod]
    private let byPath: [ExactString: GRPCMethod]
    private let services: Set<ExactString>

    /// Makes a table.
    package init(_ methods: [GRPCMethod]) {
        all = methods
        byPath = Dictionary(
            methods.map { (ExactString($0.path), $0) }, uniquingKeysWith: { first, _ in first })
        services = Set(methods.map { ExactString($0.service) })
    }

    /// The full names of the services, in their order.
    package var serviceNames: [String] {
        var seen: Set<ExactString> = []
        return all.map(\.service).filter { seen.insert(ExactString($0)).inserted }
    }

    /// Returns the method of a path.
    /// - Throws: UNIMPLEMENTED.
    func method(_ path: String) throws(GRPCStatus) -> GRPCMethod {
        if let method = byPath[ExactString(path)] { return method }
        let parts = path.fields(on: UInt8(ascii: "/"))
        guard parts.count == 3, parts[0].utf8.isEmpty else {
            throw GRPCStatus(.unimplemented, "malformed method name: \"\(path.clipped(to: 200))\"")
        }
        let service = parts[1].clipped(to: 200)
        guard services.contains(ExactString(parts[1])) else {
            throw GRPCStatus(.unimplemented, "unknown service \(service)")
        }
        throw GRPCStatus(
            .unimplemented, "unknown method \(parts[2].clipped(to: 200)) for service \(service)")
    }

    /// Returns whether a path belongs to a service of the table.
    func hasService(ofPath path: String) -> Bool {
        let parts = path.fields(on: UInt8(ascii: "/"), limit: 2)
        return parts.count == 3 && services.contains(ExactString(parts[1]))
    }
}
