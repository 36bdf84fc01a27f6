import Testing

@testable import HTTPServer

/// A connection's state, driven by hand.
private final class Machine {
    var state = ConnectionState()

    func flushed() -> ConnectionState.Next? { state.flushed() }
    func discard(_ count: Int, at now: Duration) -> Duration? { state.discard(count, at: now) }
    func awaitBytes(isBetween: Bool) -> Bool { state.awaitBytes(isBetween: isBetween) }
    func write(_ count: Int) -> Bool { state.write(count) }
}

/// The transitions of a connection, without a socket.
@Suite struct ConnectionStateTests {
    private let machine = Machine()

    private func begin(
        _ framing: RequestHead.BodyFraming = .none, keepAlive: Bool = true,
        expectsContinue: Bool = false
    ) {
        machine.state.begin(
            RequestHead(
                method: .post, path: "/", query: nil, version: .http11, fields: [:],
                bodyFraming: framing, wantsKeepAlive: keepAlive, expectsContinue: expectsContinue))
    }

    @Test func `a request without a body is followed by the next one`() {
        #expect(machine.state.readAction(isBodyAwaited: false) == .parse)
        begin()
        #expect(machine.state.serial == 1 && machine.state.isInFlight)
        #expect(machine.state.turn?.isBodyWhole == true)
        machine.state.beginResponse(length: nil)
        #expect(machine.state.turn?.owesResponse == false)
        machine.state.endResponse(keepAlive: true)
        #expect(machine.state.isInFlight, "until it is sent")
        #expect(machine.flushed() == .request)
        #expect(machine.state.isReceiving && !machine.state.isInFlight)
    }

    @Test(arguments: [(true, false, true), (false, true, true), (true, true, false)])
    func `the connection ends where one side wants it or the body has not come`(
        client: Bool, server: Bool, isWhole: Bool
    ) {
        begin(isWhole ? .none : .length(10), keepAlive: client)
        machine.state.endResponse(keepAlive: server)
        #expect(machine.flushed() == (isWhole ? .end : .linger))
    }

    @Test func `a refused request is the last, and what follows is discarded`() {
        machine.state.refuse()
        #expect(machine.state.turn?.owesResponse == false)
        machine.state.endResponse(keepAlive: true)
        #expect(machine.flushed() == .linger)
        machine.state.linger(until: .seconds(10))
        #expect(machine.state.readAction(isBodyAwaited: false) == .discard)
        #expect(machine.discard(100, at: .seconds(1)) == .seconds(2))
        #expect(machine.discard(100, at: .milliseconds(9500)) == .milliseconds(500))
        #expect(machine.discard(100, at: .seconds(10)) == nil, "its time is over")
        #expect(machine.discard(64 << 20, at: .seconds(1)) == nil, "too many bytes")
    }

    @Test func `a body of known length is not exceeded`() {
        begin()
        machine.state.beginResponse(length: 5)
        #expect(machine.write(3))
        #expect(!machine.write(3))
        #expect(machine.write(2))
        #expect(machine.state.turn?.responseBytesLeft == 0)
    }

    @Test func `what is read depends on who waits`() {
        begin(.chunked)
        #expect(machine.state.readAction(isBodyAwaited: true) == .feedBody)
        #expect(machine.state.readAction(isBodyAwaited: false) == .inspectPeer)
        machine.state.endResponse(keepAlive: true)
        #expect(machine.state.readAction(isBodyAwaited: false) == .ignore)
        machine.state.close()
        #expect(machine.state.readAction(isBodyAwaited: true) == .ignore)
    }

    @Test func `the deadline of a header begins with its first byte and is not extended`() {
        #expect(!machine.awaitBytes(isBetween: false), "it runs from the start of the connection")
        #expect(machine.state.deadlineAction(isBetween: false) == .refuse)
        begin()
        #expect(machine.state.deadlineAction(isBetween: false) == .failReader)
        machine.state.endResponse(keepAlive: true)
        #expect(machine.state.deadlineAction(isBetween: false) == .nothing)
        #expect(machine.flushed() == .request)
        #expect(machine.awaitBytes(isBetween: true), "the deadline of an idle connection")
        #expect(machine.state.deadlineAction(isBetween: true) == .end)
        #expect(machine.awaitBytes(isBetween: false), "the deadline of a header")
        #expect(!machine.awaitBytes(isBetween: false), "which further bytes do not extend")
    }

    @Test func `only what has a body owes a 100`() {
        begin(expectsContinue: true)
        #expect(machine.state.turn?.owesContinue == false)
        machine.state.endResponse(keepAlive: true)
        #expect(machine.flushed() == .request)
        begin(.length(3), expectsContinue: true)
        #expect(machine.state.turn?.owesContinue == true)
    }

    @Test func `nothing happens to a connection that has ended`() {
        begin()
        machine.state.close()
        machine.state.endResponse(keepAlive: true)
        #expect(machine.flushed() == nil)
        machine.state.turn?.isBodyWhole = false
        #expect(machine.state.isClosed && !machine.state.isInFlight)
    }
}
