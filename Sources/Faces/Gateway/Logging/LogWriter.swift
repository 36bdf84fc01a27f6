internal import Dispatch
internal import Glibc
internal import Synchronization

/// Writes log lines on a queue of its own. Adding a line never waits: a blocked terminal or pipe must
/// not block a loop. Lines that do not fit into the buffer are counted, and the count is logged.
public final class LogWriter: Sendable {
    private struct State {
        var waiting: [UInt8] = []
        var lost = 0
        var isWriting = false
    }

    private static let capacity = 1 << 20
    private static let allLost = Atomic(0)

    /// The number of lines of the process that could not be written.
    static var lostLines: Int { allLost.load(ordering: .relaxed) }

    private let descriptor: Int32
    private let queue = DispatchQueue(label: "gateway.log")
    private let state = Mutex(State())

    /// Makes a writer.
    /// - Parameter descriptor: the file to write to; 2 is standard error.
    public init(descriptor: Int32 = 2) { self.descriptor = descriptor }

    func write(_ line: [UInt8]) {
        let mustStart = state.withLock { state in
            guard state.waiting.count + line.count <= Self.capacity else {
                state.lost += 1
                Self.allLost.add(1, ordering: .relaxed)
                return false
            }
            state.waiting += line
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if mustStart { queue.async { self.drain() } }
    }

    /// Waits until all lines are written, for a limited time: a pipe without a reader must not keep
    /// the process alive. For the end of the process. Blocks the thread.
    /// - Parameter milliseconds: the longest wait.
    public func flush(upTo milliseconds: Int = 500) {
        let done = DispatchSemaphore(value: 0)
        queue.async { done.signal() }
        _ = done.wait(timeout: .now() + .milliseconds(milliseconds))
    }

    private func drain() {
        while let (batch, lost) = nextBatch() {
            let rest = put(batch)
            guard rest.isEmpty else { return keepCount(of: rest, lostBefore: lost) }
        }
    }

    /// Returns what waits, and how many lines it says were lost; nil when nothing waits.
    private func nextBatch() -> (bytes: [UInt8], lost: Int)? {
        state.withLock { state in
            let lost = state.lost
            var batch = state.waiting
            if lost > 0 {
                batch += Array("\(lost) log lines were lost: the log was not read\n".utf8)
            }
            (state.waiting, state.lost) = ([], 0)
            state.isWriting = !batch.isEmpty
            return batch.isEmpty ? nil : (batch, lost)
        }
    }

    /// Writes bytes.
    /// - Returns: those that could not be written.
    private func put(_ batch: [UInt8]) -> ArraySlice<UInt8> {
        var rest = batch[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if written < 0, errno != EINTR { break }
            rest = rest.dropFirst(max(0, written))
        }
        return rest
    }

    /// Counts lines that could not be written, because the disk is full or the reader is gone, and
    /// stops. The next line tries again, and the count is written when writing works again.
    private func keepCount(of bytes: ArraySlice<UInt8>, lostBefore: Int) {
        // The line that told of those before is not one of them.
        let lines = bytes.count { $0 == 0x0A } - (lostBefore > 0 ? 1 : 0)
        Self.allLost.add(lines, ordering: .relaxed)
        state.withLock { state in
            state.lost += lines + lostBefore
            state.isWriting = false
        }
    }
}
