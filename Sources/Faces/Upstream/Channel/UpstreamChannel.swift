internal import GatewayGRPC
internal import HTTPTypes
package import Libevent
internal import TLS

/// The way to the upstream: a connection, which is opened when that is asked for, and calls on it.
/// From any thread; it runs on a loop of its own, because a TLS handshake costs more than a turn of a
/// gateway's loop may.
///
/// Calls wait for a connection that is being opened. While there is none they fail at once: only
/// `open` begins an attempt, so that the pauses between attempts have one owner.
package actor UpstreamChannel: LoopActor {
    package nonisolated let loop: EventLoop
    private let configuration: UpstreamConfiguration
    private let context: TLSClientContext?
    private var core: ChannelCore?
    private var isClosed = false

    /// Starts the loop. Reads the files of TLS.
    /// - Throws: `TLSConfigurationError`, or `LibeventError` if the system has no thread left.
    package init(_ configuration: UpstreamConfiguration) throws {
        self.configuration = configuration
        context = try configuration.tls.map { tls throws(TLSConfigurationError) in
            try TLSClientContext(tls)
        }
        loop = try EventLoop(name: "upstream")
        try loop.start()
    }

    // On the loop, because it closes the connections.
    isolated deinit {
        core?.close()
        loop.stop()
    }

    private func makeCore() throws(GRPCStatus) -> ChannelCore {
        if let core { return core }
        guard !isClosed else { throw GRPCStatus(.unavailable, "the gateway is shutting down") }
        do throws(LibeventError) {
            let core = try ChannelCore(configuration, context, loop: loop)
            self.core = core
            return core
        } catch {
            throw GRPCStatus(.unavailable, "the upstream cannot be reached: \(error)")
        }
    }

    /// Opens a connection, unless there is one; returns when it can be used.
    /// - Throws: UNAVAILABLE, with the reason.
    func open() async throws(GRPCStatus) {
        let core = try makeCore()
        if let status = await result({ core.open($0) }) { throw status }
    }

    // A method of the actor, because a closure may run outside the loop.
    private func result(_ start: (@escaping ChannelCore.Waiter) -> Void) async -> GRPCStatus? {
        await withCheckedContinuation { continuation in
            start { continuation.resume(returning: $0) }
        }
    }

    /// Makes a call, with all messages of this side.
    /// - Parameters:
    ///   - path: `/package.Service/Method`
    ///   - timeout: the longest time until its end; nil for a stream without an end.
    /// - Throws: UNAVAILABLE when there is no connection.
    func call(
        _ path: String, _ messages: [[UInt8]], fields: HTTPFields = [:], timeout: Duration?
    ) async throws(GRPCStatus) -> UpstreamCall {
        let core = try makeCore()
        if let status = await result({ core.whenDecided($0) }) { throw status }
        var body: [UInt8] = []
        body.reserveCapacity(messages.reduce(0) { $0 + $1.count + MessageBuffer.prefixLength })
        for message in messages { body += MessageBuffer.frame(message) }
        return core.start(path, body, fields, timeout: timeout)
    }

    /// Returns whether the upstream answers: it has then read all that was sent before.
    func isAnswering() async -> Bool {
        guard let core else { return false }
        return await pong(core)
    }

    private func pong(_ core: ChannelCore) async -> Bool {
        await withCheckedContinuation { continuation in
            core.ping { continuation.resume(returning: $0) }
        }
    }

    /// Ends all calls and connections.
    func close() {
        isClosed = true
        core?.close()
        core = nil
    }
}
