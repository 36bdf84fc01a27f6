import Glibc
import Libevent
import Synchronization
import Testing

@Suite struct DescriptorWatchTests {
    /// What the test looks at from its own thread; the watch and the timer are the loop's.
    private final class State: @unchecked Sendable {
        let descriptor: Int32
        let firings = Mutex<[String]>([])
        var watch: DescriptorWatch?
        var timer: LoopTimer?

        init(descriptor: Int32 = -1) { self.descriptor = descriptor }

        func record(_ text: String) { firings.withLock { $0.append(text) } }
    }

    /// Runs `work` on the loop and waits for it.
    private func on(_ loop: EventLoop, _ work: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            loop.execute {
                work()
                continuation.resume()
            }
        }
    }

    private func wait(until condition: () -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while !condition() {
            try #require(ContinuousClock.now < deadline)
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    @Test func `a watch tells what its descriptor is ready for, and leaves it open`() async throws {
        let loop = try EventLoop(name: "test")
        try loop.start()
        defer { loop.stop() }
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        defer { for end in ends { close(end) } }
        let state = State(descriptor: ends[0])
        for interest in [DescriptorWatch.Readiness.writable, .readable] {
            if interest == .readable { try #require(write(ends[1], "x", 1) == 1) }
            await on(loop) {
                state.watch = try? DescriptorWatch(
                    descriptor: state.descriptor, interest: interest, loop: loop
                ) {
                    state.record($0 == .readable ? "readable" : "writable")
                    // Released in its own callback, as curl does it.
                    state.watch = nil
                }
            }
            let count = interest == .readable ? 2 : 1
            try await wait { state.firings.withLock { $0.count == count } }
        }
        await on(loop) {}
        #expect(state.firings.withLock { $0 } == ["writable", "readable"])
        #expect(fcntl(ends[0], F_GETFD) >= 0)
    }

    @Test func `a timer fires once for each time it is set, and not when it is cancelled`()
        async throws
    {
        let loop = try EventLoop(name: "test")
        try loop.start()
        defer { loop.stop() }
        let state = State()
        await on(loop) {
            state.timer = try? LoopTimer(loop: loop) { state.record("fired") }
            state.timer?.schedule(after: .zero)
            state.timer?.schedule(after: .milliseconds(1))
        }
        try await wait { state.firings.withLock { $0.count == 1 } }
        let start = ContinuousClock.now
        await on(loop) { state.timer?.schedule(after: .milliseconds(20)) }
        try await wait { state.firings.withLock { $0.count == 2 } }
        #expect(ContinuousClock.now - start >= .milliseconds(20))
        await on(loop) {
            state.timer?.schedule(after: .zero)
            state.timer?.cancel()
        }
        await on(loop) {}
        #expect(state.firings.withLock { $0.count } == 2)
        await on(loop) { state.timer = nil }
    }
}
