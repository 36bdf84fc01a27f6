internal import Frames
internal import Libevent

/// Sending the output queue, and the deadline for a client that does not read.
extension Connection {
    /// The most bytes written in one turn of the loop, because other connections wait.
    private static let turnLimit = 4 << 20
    /// How many bytes of a response a client must take within one deadline.
    private static let progress = 64 << 10

    /// Writes what the socket takes, and the rest when it takes more.
    func flush() {
        var turn = 0
        while !output.isEmpty {
            let isOver = turn >= Self.turnLimit
            guard let count = isOver ? 0 : output.write(to: stream) else { return end() }
            guard count > 0 else { return awaitRoom() }
            turn += count
            writtenCount += count
        }
        guard stream.isFlushed else { return awaitRoom() }
        if let timer = writeTimer { listener.wheel.cancel(timer) }
        writeTimer = nil
        outputMemory.set(to: 0)
        responseBody = nil
        bodyWriter.resume()
        if let next = state.flushed() { finishFlush(next) }
    }

    private func awaitRoom() {
        // A large body is counted separately, once for all connections that send it.
        outputMemory.set(to: max(0, output.heldCount - (responseBody?.count ?? 0)))
        if writeTimer == nil { startWriteDeadline() }
        stream.awaitWritable()
    }

    /// Starts the deadline for the next 64 KiB, or for the rest if it is shorter.
    private func startWriteDeadline() {
        let underway = stream.unacknowledgedCount
        acknowledgedBefore = writtenCount - underway
        requiredProgress = min(Self.progress, output.count + underway)
        writeTimer = listener.wheel.schedule(after: listener.limits.bodyDeadline) { [weak self] in
            self?.writeDeadlinePassed()
        }
    }

    private func writeDeadlinePassed() {
        writeTimer = nil
        // Bytes count when the client has acknowledged them, not when the kernel has taken them:
        // the kernel's buffer may be larger than what a slow client reads within a deadline.
        if writtenCount - stream.unacknowledgedCount - acknowledgedBefore >= requiredProgress {
            startWriteDeadline()
        } else if bodyWriter.isWaiting {
            bodyWriter.resume(throwing: .timedOut)
        } else {
            end()
        }
    }
}
