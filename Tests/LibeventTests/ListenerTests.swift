import Addresses
import Glibc
import Libevent
import TestSupport
import Testing

/// Reports an option of each accepted connection, and closes it.
private final class Birth: Listener.Delegate, Sendable {
    private let told: AsyncStream<Int32>.Continuation

    init(_ told: AsyncStream<Int32>.Continuation) { self.told = told }

    func accepted(_ descriptor: Int32, from peer: SocketAddress) {
        var value: Int32 = -1
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NOTSENT_LOWAT, &value, &size)
        close(descriptor)
        told.yield(value)
    }

    func acceptingPaused(_ error: LibeventError) {}
}

/// What belongs to the loop.
private actor Owner {
    nonisolated let loop: EventLoop
    private var clock: LoopClock?
    private var listener: Listener?

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ loop: EventLoop) { self.loop = loop }

    func listen(_ delegate: Birth) throws -> String {
        let clock = try LoopClock(loop: loop)
        let listener = try Listener(
            on: SocketAddress(host: "127.0.0.1", port: 0, isIPv6: false), loop: loop,
            wheel: clock.wheel, delegate: delegate)
        listener.setOption(Int32(IPPROTO_TCP), TCP_NOTSENT_LOWAT, 77_777)
        self.clock = clock
        self.listener = listener
        return listener.address.description
    }

    func close() {
        listener = nil
        clock = nil
    }
}

@Suite struct ListenerTests {
    @Test func `an option of the listening socket is one of each connection`() async throws {
        let loop = try EventLoop(name: "test")
        try loop.start()
        let (values, told) = AsyncStream<Int32>.makeStream()
        let (owner, delegate) = (Owner(loop), Birth(told))
        let client = try SocketClient(try await owner.listen(delegate))
        let value = await values.first { _ in true }
        #expect(value == 77_777)
        withExtendedLifetime((client, delegate)) {}
        await owner.close()
        loop.stop()
    }
}
