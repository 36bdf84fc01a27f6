import Dispatch
import Glibc
import Libevent
import Synchronization
import Testing

@Suite struct SignalThreadTests {
    @Test func `a signal is handled while every loop is blocked`() async throws {
        let loop = try EventLoop(name: "test")
        try loop.start()
        let gate = DispatchSemaphore(value: 0)
        loop.execute { gate.wait() }
        let (signals, told) = AsyncStream.makeStream(of: Int32.self)
        let thread = try SignalThread([SIGUSR1, SIGUSR2]) { told.yield($0) }
        kill(getpid(), SIGUSR1)
        var next = signals.makeAsyncIterator()
        #expect(await next.next() == SIGUSR1)
        kill(getpid(), SIGUSR2)
        #expect(await next.next() == SIGUSR2)
        gate.signal()
        loop.stop()
        withExtendedLifetime(thread) {}
    }

    @Test func `deadlines are kept in their order, and not before their time`() async throws {
        let (numbers, told) = AsyncStream.makeStream(of: Int.self)
        let thread = try SignalThread([]) { _ in }
        let began = ContinuousClock.now
        thread.arm(after: .seconds(Int64.max)) { told.yield(0) }
        thread.arm(after: .milliseconds(60)) { told.yield(2) }
        thread.arm(after: .milliseconds(30)) { told.yield(1) }
        var next = numbers.makeAsyncIterator()
        #expect(await next.next() == 1)
        #expect(await next.next() == 2)
        #expect(ContinuousClock.now - began >= .milliseconds(60))
    }

    @Test func `a number that is not a signal is refused`() {
        #expect(throws: LibeventError.self) { try SignalThread([1000]) { _ in } }
        #expect(throws: LibeventError.self) { try SignalThread([SIGKILL]) { _ in } }
    }

    @Test func `a signal that the parent has blocked comes through`() async throws {
        let (signals, told) = AsyncStream.makeStream(of: Int32.self)
        // Threads start with the mask of the one that starts them, as processes do.
        var mask = sigset_t()
        var before = sigset_t()
        sigfillset(&mask)
        pthread_sigmask(SIG_BLOCK, &mask, &before)
        let thread = Result { try SignalThread([SIGWINCH]) { told.yield($0) } }
        pthread_sigmask(SIG_SETMASK, &before, nil)
        _ = try thread.get()
        kill(getpid(), SIGWINCH)
        #expect(await signals.first { _ in true } == SIGWINCH)
    }
}
