internal import Libevent
internal import Wire

/// The output queue's way to the socket, and the patience with a client that does not read.
extension Connection {
    /// How much leaves in one turn of the loop: others wait meanwhile.
    private static let turnLimit = 4 << 20
    /// How much of an answer a client must take within one deadline.
    private static let progress = 64 << 10

    /// Writes what the socket takes; the rest follows when it takes more.
    func flush() {
        do {
            var turn = 0
            while !output.isEmpty {
                let count = turn < Self.turnLimit ? try output.write(to: descriptor) : 0
                guard count > 0 else { return awaitRoom() }
                turn += count
                writtenCount += count
            }
        } catch {
            return end()
        }
        if let timer = writeTimer { listener.wheel.cancel(timer) }
        writeTimer = nil
        outputMemory.set(to: 0)
        responseBody = nil
        resume(&bodyWriter)
        if case .flushing(let keepAlive) = state { finishFlush(keepAlive: keepAlive) }
    }

    private func awaitRoom() {
        // The body itself is counted already, once for all connections that send it.
        outputMemory.set(to: max(0, output.heldCount - (responseBody?.count ?? 0)))
        if writeTimer == nil { startWriteDeadline() }
        awaitWritable()
    }

    /// Gives the client its time for the next 64 KiB, or for all that is left.
    private func startWriteDeadline() {
        let underway = unacknowledgedCount
        acknowledgedBefore = writtenCount - underway
        requiredProgress = min(Self.progress, output.count + underway)
        writeTimer = listener.wheel.schedule(after: listener.limits.bodyDeadline) { [weak self] in
            self?.writeDeadlinePassed()
        }
    }

    private func writeDeadlinePassed() {
        writeTimer = nil
        // What counts is what the client has taken, not what the kernel has: its buffer may be
        // larger than all that a slow client reads within a deadline.
        if writtenCount - unacknowledgedCount - acknowledgedBefore >= requiredProgress {
            startWriteDeadline()
        } else if bodyWriter != nil {
            resume(&bodyWriter, throwing: .timedOut)
        } else {
            end()
        }
    }
}
