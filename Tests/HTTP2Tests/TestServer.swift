import Frames
import Glibc
import HTTP2
import HTTPTypes
import TestSupport

/// An output that takes as much as the test says.
final class ArrayOutput: ByteOutput {
    var bytes: [UInt8] = []
    /// How many bytes it takes altogether.
    var room = Int.max
    /// How many bytes it takes in one call.
    var callLimit = Int.max
    var isDead = false
    var writeCount = 0
    /// The addresses of the last call.
    var lastAddresses: [UnsafeRawPointer?] = []

    func write(_ pieces: UnsafeBufferPointer<iovec>) -> Int {
        if isDead { return -1 }
        writeCount += 1
        lastAddresses = pieces.map { UnsafeRawPointer($0.iov_base) }
        var taken = 0
        for piece in pieces {
            let count = min(piece.iov_len, room, callLimit - taken)
            bytes += UnsafeRawBufferPointer(start: piece.iov_base, count: count)
            taken += count
            room -= count
            if count < piece.iov_len { break }
        }
        return taken
    }

    func takeBytes() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }
}

/// A session with delegates that record.
final class TestServer: HTTP2SessionDelegate, HTTP2StreamDelegate {
    let output = ArrayOutput()
    private(set) var session: HTTP2Session!
    var time = Duration.zero
    var requests: [(stream: HTTP2Stream, request: Result<HTTP2Request, HTTP2RequestError>)] = []
    var closed: [Int32: UInt32] = [:]
    var pongs: [UInt64] = []
    var flushCalls = 0
    var bodyCalls = 0
    var onRequest: (HTTP2Stream) -> Void = { _ in }
    var onBody: (HTTP2Stream) -> Void = { _ in }
    var onWritable: (HTTP2Stream) -> Void = { _ in }

    init(_ limits: HTTP2Limits = HTTP2Limits()) {
        let environment = HTTP2Environment(limits: limits) { [unowned self] in time }
        session = HTTP2Session(environment: environment, output: output)
        session.delegate = self
    }

    convenience init(_ change: (inout HTTP2Limits) -> Void) {
        var limits = HTTP2Limits()
        change(&limits)
        self.init(limits)
    }

    deinit { session.close() }

    func session(
        _ session: HTTP2Session, received request: Result<HTTP2Request, HTTP2RequestError>,
        on stream: HTTP2Stream
    ) {
        stream.delegate = self
        requests.append((stream, request))
        onRequest(stream)
    }

    func sessionNeedsFlush(_ session: HTTP2Session) { flushCalls += 1 }
    func session(_ session: HTTP2Session, receivedPong payload: UInt64) { pongs.append(payload) }

    func streamHasBody(_ stream: HTTP2Stream) {
        bodyCalls += 1
        onBody(stream)
    }

    func streamIsWritable(_ stream: HTTP2Stream) { onWritable(stream) }
    func streamClosed(_ stream: HTTP2Stream, code: UInt32) { closed[stream.id] = code }

    func stream(_ id: Int32) -> HTTP2Stream? { requests.first { $0.stream.id == id }?.stream }

    /// Receives bytes and sends what there is to send.
    func receive(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { session.receive($0) }
        while session.flush() == .more {}
    }

    func receive(_ frames: RawFrame...) { receive(frames.flatMap(\.bytes)) }

    /// Receives the preface and SETTINGS of a client, and forgets what it sends itself.
    func start(_ settings: [(id: UInt16, value: UInt32)] = []) {
        receive(RawFrame.preface + RawFrame.settings(settings).bytes)
        receive(RawFrame(.settings, flags: RawFrame.ack))
        _ = output.takeBytes()
    }

    /// Returns the frames that were sent since the last call.
    func frames() -> [RawFrame] { RawFrame.parse(output.takeBytes()) }
}

func frame(_ text: String) -> Frame { Frame(Array(text.utf8)) }

func run(_ frames: [Frame], skipping: Int = 0) -> FrameRun {
    FrameRun(frames, framing: .plain, skipping: skipping)
}

extension HTTPField.Name {
    /// Makes a name of letters and hyphens.
    static func named(_ name: String) -> HTTPField.Name { HTTPField.Name(name) ?? .accept }
}

extension HTTP2Client {
    /// Moves bytes in both directions until there are none.
    func exchange(with server: TestServer) {
        while true {
            let request = output()
            if !request.isEmpty { server.receive(request) }
            while server.session.flush() == .more {}
            let response = server.output.takeBytes()
            if !response.isEmpty { receive(response) }
            if request.isEmpty, response.isEmpty { return }
        }
    }
}
