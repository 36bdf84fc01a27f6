import Addresses
import Dispatch
import Glibc
import Libevent
import Synchronization
import TestSupport
import Testing

/// Sends each connection the name of its loop.
private final class Greeter: Listener.Delegate, Sendable {
    private let name: String
    let pauses = Atomic(0)

    init(_ name: String) { self.name = name }

    func accepted(_ descriptor: Int32, from peer: SocketAddress) {
        _ = Array(name.utf8).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
    }

    func acceptingPaused(_ error: LibeventError) { pauses.add(1, ordering: .relaxed) }
}

private actor Owner {
    nonisolated let loop: EventLoop
    nonisolated let greeter: Greeter
    private var clock: LoopClock?
    private var listener: Listener?

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ name: String) throws {
        loop = try EventLoop(name: name)
        greeter = Greeter(name)
        try loop.start()
    }

    func listen(_ address: SocketAddress) throws -> (SocketAddress, ListenerControl) {
        let clock = try LoopClock(loop: loop)
        let listener = try Listener(on: address, loop: loop, wheel: clock.wheel, delegate: greeter)
        self.clock = clock
        self.listener = listener
        return (listener.address, listener.control)
    }

    /// The wheel and the listener, which live on without their clock.
    func dropClock() -> Int {
        let wheel = clock?.wheel
        clock = nil
        wheel?.schedule(after: .milliseconds(1)) {}
        return wheel?.nextDeadline == nil ? 0 : 1
    }

    func close() {
        listener = nil
        clock = nil
    }
}

@Suite struct StalledLoopTests {
    private func names(_ address: SocketAddress, count: Int) async throws -> Set<String> {
        var names: Set<String> = []
        for _ in 0..<count {
            let bytes = try await SocketClient(address.description, timeout: 3).readToEnd()
            names.insert(String(decoding: bytes, as: UTF8.self))
        }
        return names
    }

    @Test func `the connections of a blocked loop go to the others until it is back`() async throws
    {
        let (first, second) = (try Owner("first"), try Owner("second"))
        let (address, _) = try await first.listen(
            SocketAddress(host: "127.0.0.1", port: 0, isIPv6: false))
        let (_, control) = try await second.listen(address)
        while try await names(address, count: 20) != ["first", "second"] {}

        let gate = DispatchSemaphore(value: 0)
        second.loop.execute { gate.wait() }
        // Some of these wait at the blocked loop's socket already.
        let waiting = try (0..<40).map { _ in
            try SocketClient(address.description, timeout: 3)
        }
        control.stopAccepting { descriptor, peer in
            first.loop.execute { first.greeter.accepted(descriptor, from: peer) }
        }
        for client in waiting {
            let bytes = try await client.readToEnd()
            #expect(String(decoding: bytes, as: UTF8.self) == "first")
        }
        #expect(!control.isAccepting)
        #expect(try await names(address, count: 50) == ["first"])

        gate.signal()
        try await until { control.isAccepting }
        while try await names(address, count: 20) != ["first", "second"] {}
        #expect(second.greeter.pauses.load(ordering: .relaxed) == 0)

        for owner in [first, second] {
            await owner.close()
            owner.loop.stop()
        }
        // The socket is closed; its number may be used for another one.
        control.stopAccepting()
        #expect(!control.resumeAccepting())
    }

    @Test func `a blocked loop records no turn, and an idle one does`() async throws {
        let owner = try Owner("test")
        _ = try await owner.listen(SocketAddress(host: "127.0.0.1", port: 0, isIPv6: false))
        let loop = owner.loop
        let limit: Duration = .milliseconds(1000)
        // Nothing happens on it but its own tick.
        let rest = ContinuousClock.now + .milliseconds(1300)
        while ContinuousClock.now < rest {
            #expect(!loop.isStalled(limit: limit))
            // The time itself: an idle loop records turns all along.
            try await Task.sleep(for: .milliseconds(50))
        }
        let gate = DispatchSemaphore(value: 0)
        loop.execute { gate.wait() }
        try await until { loop.isStalled(limit: limit) }
        gate.signal()
        try await until { !loop.isStalled(limit: limit) }
        await owner.close()
        loop.stop()
        try await until { loop.lastTurn == nil }
        #expect(!loop.isStalled(limit: .zero))
    }

    @Test func `a wheel that outlives its clock does not crash`() async throws {
        let owner = try Owner("test")
        _ = try await owner.listen(SocketAddress(host: "127.0.0.1", port: 0, isIPv6: false))
        #expect(await owner.dropClock() == 1)
        await owner.close()
        owner.loop.stop()
    }

    @Test func `a mailbox counts the messages that wait`() async throws {
        let loop = try EventLoop(name: "test")
        try loop.start()
        let (stream, done) = AsyncStream.makeStream(of: Int.self)
        let mailbox = Mailbox<Int>(loop: loop) { done.yield($0.count) }
        let gate = DispatchSemaphore(value: 0)
        loop.execute { gate.wait() }
        for number in 0..<100 { mailbox.post(number) }
        #expect(mailbox.pendingCount == 100)
        gate.signal()
        #expect(await stream.first { _ in true } == 100)
        #expect(mailbox.pendingCount == 0)
        loop.stop()
    }
}
