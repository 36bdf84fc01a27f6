import EventHub
import Frames

/// A stream whose client takes as many bytes as the test says.
final class FakeStream: FrameSink {
    let framing = Frame.Framing.plain
    unowned var owner: (any FrameSinkOwner)?
    let isClosed = false
    var bytesSent: Int { bytes.count }
    var room = Int.max
    var bytes: [UInt8] = []
    var calls = 0
    var pings = 0
    var isFinished = false
    var isAborted = false

    func send(_ run: FrameRun) -> Int {
        calls += 1
        let all = run.frames.flatMap { $0.bytes(run.framing) }
        let skipped = all.count - run.byteCount
        let taken = min(room, run.byteCount)
        bytes += all[skipped..<(skipped + taken)]
        if room != Int.max { room -= taken }
        return taken
    }

    func finish() { isFinished = true }
    func abort() {
        isAborted = true
        owner?.sinkClosed()
    }
    func ping() { pings += 1 }
    func inspectPeer(_ timeout: Duration) {}

    /// The complete lines.
    var lines: [String] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// The resource ids and the reports of drops, in order.
    var story: [String] {
        lines.compactMap { line in
            if line.hasPrefix("{\"dropped\"") { return line }
            return line.split(separator: "\"").drop { $0 != "resource_id" }.dropFirst(2).first
                .map(String.init)
        }
    }
}
