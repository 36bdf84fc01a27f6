import Dispatch
import Libevent
import Synchronization
import Testing

/// State that lives on a loop.
private actor Pinned {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private var numbers: [Int] = []

    init(_ loop: EventLoop) { self.loop = loop }

    func add(_ number: Int) { numbers.append(number) }
    func all() -> [Int] { numbers }
    func isOnLoop() -> Bool { loop.isCurrent }
    nonisolated func touchFromAnywhere() { assumeIsolated { $0.numbers.append(0) } }
}

@Suite struct EventLoopTests {
    func withLoop<R>(_ body: (EventLoop) async throws -> R) async throws -> R {
        let loop = try EventLoop(name: "test")
        try loop.start()
        defer { loop.stop() }
        return try await body(loop)
    }

    @Test func `an actor pinned to a loop runs on its thread`() async throws {
        try await withLoop { loop in
            let pinned = Pinned(loop)
            #expect(await pinned.isOnLoop())
            #expect(!loop.isCurrent)
        }
    }

    @Test func `work is done in the order in which it was queued`() async throws {
        try await withLoop { loop in
            let pinned = Pinned(loop)
            for number in 0..<10_000 {
                loop.execute { pinned.assumeIsolated { $0.add(number) } }
            }
            #expect(await pinned.all() == Array(0..<10_000))
        }
    }

    @Test func `work that comes after the end of a loop is done, and holds nothing`() async throws {
        weak var ended: EventLoop?
        try await {
            let loop = try EventLoop(name: "test")
            ended = loop
            try loop.start()
            let pinned = Pinned(loop)
            await pinned.add(1)
            loop.stop()
            while loop.lastTurn != nil { await Task.yield() }
            let bound = LoopBound(pinned, on: loop)
            for number in 2..<100 {
                if number.isMultiple(of: 2) {
                    await pinned.add(number)
                } else {
                    let isOnLoop = await bound.value { pinned in
                        pinned.assumeIsolated { $0.add(number) }
                        return loop.isCurrent
                    }
                    #expect(isOnLoop == true)
                }
            }
            #expect(await pinned.all() == Array(1..<100))
        }()
        while ended != nil { await Task.yield() }
    }

    @Test func `a burst of messages is handed over in order and in few pieces`() async throws {
        try await withLoop { loop in
            let received = Mutex<[[Int]]>([])
            let (stream, done) = AsyncStream.makeStream(of: Void.self)
            let mailbox = Mailbox<Int>(loop: loop) { burst in
                received.withLock { $0.append(burst) }
                if burst.last == 999 { done.finish() }
            }
            // The loop is blocked while the burst is queued: nothing may be handed over in between.
            let gate = DispatchSemaphore(value: 0)
            loop.execute { gate.wait() }
            for number in 0..<1000 { mailbox.post(number) }
            gate.signal()
            for await _ in stream {}
            let bursts = received.withLock { $0 }
            #expect(bursts == [Array(0..<1000)])
        }
    }

    @Test func `the state of a loop cannot be touched from another thread`() async throws {
        await #expect(processExitsWith: .failure) {
            let loop = try EventLoop(name: "test")
            try loop.start()
            Pinned(loop).touchFromAnywhere()
        }
    }

    @Test func `work that was queued before a stop is still done`() async throws {
        let loop = try EventLoop(name: "test")
        let count = Atomic(0)
        for _ in 0..<5000 { loop.execute { count.add(1, ordering: .relaxed) } }
        let (stream, done) = AsyncStream.makeStream(of: Void.self)
        loop.execute { done.finish() }
        loop.stop()
        try loop.start()
        for await _ in stream {}
        #expect(count.load(ordering: .relaxed) == 5000)
    }
}
