internal import CNghttp2
internal import Frames
internal import Glibc

/// Sending shared frames without nghttp2.
///
/// nghttp2 needs some hundred nanoseconds and several calls for each DATA frame. While it has
/// nothing to send itself, a stream whose windows are open therefore makes the nine bytes of the
/// header and writes them with the shared frames. nghttp2 is told of it before it does anything
/// else: it is asked to send as many bytes as were sent, and what it makes is thrown away
/// (`settle`). Its windows are then exact again. So bytes are unsettled only while nghttp2 has
/// nothing to send.
extension HTTP2Session {
    /// The most pieces of one write, below `UIO_MAXIOV`.
    private static let maxVectors = 512

    func send(_ run: FrameRun, on stream: HTTP2Stream) -> Int {
        guard !isTerminating, run.byteCount > 0 else { return 0 }
        if pulled === stream { return give(run, to: stream) }
        var taken = 0
        // A burst for many streams: what is prepared leaves before the next run that does not fit.
        if isDirectPossible(stream), !prepared.isEmpty,
            prepared.count + run.byteCount > environment.limits.preparedBytes
        {
            _ = write()
        }
        if isDirectPossible(stream) {
            let room = directRoom(stream)
            if room > 0 { taken = sendDirectly(run, upTo: min(room, run.byteCount), on: stream) }
        }
        if taken < run.byteCount, !stream.isClosed {
            stream.wantsRoom = true
            resume(stream)
        }
        return taken
    }

    private func isDirectPossible(_ stream: HTTP2Stream) -> Bool {
        stream.isDeferred && !hasFrames && !isBlocked && !stream.wantsRoom && stream.queue.isEmpty
            && !isFlushing && !isReceiving
    }

    private func directRoom(_ stream: HTTP2Stream) -> Int {
        guard let raw = unsafe raw else { return 0 }
        let ofStream = unsafe nghttp2_session_get_stream_remote_window_size(raw, stream.id)
        let ofConnection = unsafe nghttp2_session_get_remote_window_size(raw)
        return min(
            Int(ofStream) - stream.unsettledBytes, Int(ofConnection) - unsettledBytes,
            environment.limits.preparedBytes - prepared.count)
    }

    /// Gives frames to nghttp2, which has asked for them.
    private func give(_ run: FrameRun, to stream: HTTP2Stream) -> Int {
        let count = min(run.byteCount, pulledRoom)
        if count > 0 { prepared.append(run, from: 0, count: count) }
        pulledRoom -= count
        pulledBytes += count
        if count < run.byteCount { stream.wantsRoom = true }
        return count
    }

    private func sendDirectly(_ run: FrameRun, upTo count: Int, on stream: HTTP2Stream) -> Int {
        guard prepared.isEmpty, !isBatching || streams.count == 1 else {
            prepare(run, from: 0, count: count, on: stream)
            announce()
            return count
        }
        return writeDirectly(run, upTo: count, on: stream)
    }

    /// Puts whole DATA frames into `prepared`.
    private func prepare(_ run: FrameRun, from start: Int, count: Int, on stream: HTTP2Stream) {
        var done = 0
        while done < count {
            let length = min(count - done, DataHeader.maxContent)
            prepared.beginFrame()
            prepared.append(run, from: start + done, count: length)
            prepared.endFrame(DataHeader(stream: stream.id, length: length, endsStream: false))
            recordUnsettled(length, of: stream)
            done += length
        }
    }

    /// Writes headers and frames at once. A DATA frame of which a part was written is finished from
    /// `prepared`; those that were not begun stay with the caller.
    private func writeDirectly(_ run: FrameRun, upTo limit: Int, on stream: HTTP2Stream) -> Int {
        let count = min(limit, Self.longest(run))
        let frames = (count + DataHeader.maxContent - 1) / DataHeader.maxContent
        let total = count + frames * DataHeader.byteCount
        let written = unsafe withUnsafeTemporaryAllocation(
            of: UInt8.self, capacity: frames * DataHeader.byteCount
        ) { headers in
            let capacity = unsafe min(run.vectors.count, Self.maxVectors) + 2 * frames
            return unsafe withUnsafeTemporaryAllocation(of: iovec.self, capacity: capacity) {
                vectors in
                let filled = unsafe Self.gather(
                    run, count, stream: stream.id, headers: headers, into: vectors)
                return unsafe output?.write(UnsafeBufferPointer(rebasing: vectors[..<filled])) ?? -1
            }
        }
        if written == total {
            recordFrames(count, of: stream)
            return count
        }
        if written < 0 {
            close()
            return 0
        }
        isBlocked = true
        return finishBegunFrame(run, written: written, count: count, on: stream)
    }

    private func recordFrames(_ count: Int, of stream: HTTP2Stream) {
        var left = count
        while left > 0 {
            let length = min(left, DataHeader.maxContent)
            recordUnsettled(length, of: stream)
            left -= length
        }
    }

    /// Prepares the rest of the DATA frame in which a write has ended.
    /// - Returns: how many bytes of content are sent with it.
    private func finishBegunFrame(
        _ run: FrameRun, written: Int, count: Int, on stream: HTTP2Stream
    ) -> Int {
        let whole = DataHeader.maxContent + DataHeader.byteCount
        let start = written / whole * DataHeader.maxContent
        let sent = written % whole
        recordFrames(start, of: stream)
        guard sent > 0 else { return start }
        let length = min(count - start, DataHeader.maxContent)
        let header = DataHeader(stream: stream.id, length: length, endsStream: false)
        if sent < DataHeader.byteCount {
            unsafe (sent..<DataHeader.byteCount).map { header[$0] }.withUnsafeBytes {
                unsafe prepared.append($0)
            }
        }
        let content = max(0, sent - DataHeader.byteCount)
        prepared.append(run, from: start + content, count: length - content)
        recordUnsettled(length, of: stream)
        return start + length
    }

    /// Returns how many bytes of a run one write can have.
    private static func longest(_ run: FrameRun) -> Int {
        guard unsafe run.vectors.count > maxVectors else { return run.byteCount }
        return unsafe run.vectors[..<maxVectors].reduce(0) { unsafe $0 + $1.iov_len }
    }

    /// Collects the addresses of headers and content.
    /// - Returns: how many addresses there are.
    private static func gather(
        _ run: FrameRun, _ count: Int, stream: Int32,
        headers: UnsafeMutableBufferPointer<UInt8>, into vectors: UnsafeMutableBufferPointer<iovec>
    ) -> Int {
        var (filled, header, done, index, skipped) = (0, 0, 0, 0, 0)
        while done < count {
            var left = min(count - done, DataHeader.maxContent)
            done += left
            unsafe DataHeader(stream: stream, length: left, endsStream: false)
                .write(to: headers, at: header)
            unsafe vectors.initializeElement(
                at: filled,
                to: iovec(
                    iov_base: headers.baseAddress.map { unsafe $0 + header },
                    iov_len: DataHeader.byteCount))
            filled += 1
            header += DataHeader.byteCount
            while left > 0 {
                let vector = unsafe run.vectors[index]
                let taken = unsafe min(left, vector.iov_len - skipped)
                unsafe vectors.initializeElement(
                    at: filled,
                    to: iovec(
                        iov_base: vector.iov_base.map { unsafe $0 + skipped }, iov_len: taken))
                filled += 1
                left -= taken
                skipped += taken
                if unsafe skipped == vector.iov_len {
                    index += 1
                    skipped = 0
                }
            }
        }
        return filled
    }

    private func recordUnsettled(_ length: Int, of stream: HTTP2Stream) {
        if stream.unsettledBytes == 0 { unsettled.append(stream) }
        stream.unsettledBytes += length
        unsettledBytes += length
        floods.creditData(length)
    }

    /// Tells nghttp2 of all bytes that were sent without it.
    func settle() {
        guard unsettledBytes > 0, let raw = unsafe raw else { return }
        isSettling = true
        for stream in unsettled where stream.isDeferred {
            stream.isDeferred = false
            unsafe nghttp2_session_resume_data(raw, stream.id)
        }
        hasFrames = true
        while unsettledBytes > 0, hasFrames, unsafe self.raw != nil { prepare() }
        isSettling = false
        unsettled.removeAll(keepingCapacity: unsettled.count < 16)
    }

    func settledContent(of stream: HTTP2Stream, limit: Int, flags: inout UInt32) -> Int {
        guard stream.unsettledBytes > 0 else { return deferred(stream) }
        flags |= NGHTTP2_DATA_FLAG_NO_COPY.rawValue
        return min(limit, stream.unsettledBytes)
    }

    func contentIsSettled(_ header: DataHeader) {
        unsettledBytes -= header.length
        streams[header.stream]?.unsettledBytes -= header.length
    }
}
