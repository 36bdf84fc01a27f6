internal import Frames
internal import Glibc

/// The bytes that a session has prepared and its output has not taken yet. Small pieces are copied
/// together; larger ones are held by reference.
///
/// Belongs to the loop's thread.
@safe struct OutputBuffer {
    private enum Piece {
        /// The next bytes of `staged`.
        case staged(Int)
        /// A part of a shared frame, which is held while it waits.
        case frame(Frame, offset: Int, count: Int)
        /// A part of an array.
        case array([UInt8], offset: Int, count: Int)

        var count: Int {
            switch self {
            case .staged(let count), .frame(_, _, let count), .array(_, _, let count): count
            }
        }
    }

    /// Larger pieces are not copied.
    static let copiedBytes = 512
    /// The most pieces of one write.
    private static let maxVectors = 64

    private var staged: [UInt8] = []
    private var stagedStart = 0
    private var pieces: [Piece] = []
    private var first = 0
    /// How many bytes wait.
    private(set) var count = 0
    /// The start of the header of the frame that is being made.
    private var header = 0

    var isEmpty: Bool { count == 0 }

    /// Adds a copy of `bytes`.
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard unsafe !bytes.isEmpty else { return }
        unsafe staged.append(contentsOf: bytes)
        extendStaged(by: bytes.count)
    }

    private mutating func extendStaged(by bytes: Int) {
        count += bytes
        if case .staged(let before)? = pieces.last {
            pieces[pieces.count - 1] = .staged(before + bytes)
        } else {
            pieces.append(.staged(bytes))
        }
    }

    /// Adds `count` bytes of an array.
    mutating func append(_ bytes: [UInt8], offset: Int, count: Int) {
        if count <= Self.copiedBytes {
            unsafe bytes.withUnsafeBytes {
                unsafe append(UnsafeRawBufferPointer(rebasing: $0[offset..<(offset + count)]))
            }
        } else {
            pieces.append(.array(bytes, offset: offset, count: count))
            self.count += count
        }
    }

    /// Adds `count` bytes of a frame.
    mutating func append(_ frame: Frame, offset: Int, count: Int) {
        if count <= Self.copiedBytes {
            let region = unsafe frame.region(.plain)
            unsafe append(UnsafeRawBufferPointer(rebasing: region[offset..<(offset + count)]))
        } else {
            pieces.append(.frame(frame, offset: offset, count: count))
            self.count += count
        }
    }

    /// Adds `count` bytes of a run, from byte `start` on.
    mutating func append(_ run: FrameRun, from start: Int, count: Int) {
        var (index, skipped) = run.position(after: start)
        var left = count
        while left > 0, index < run.frames.count {
            let frame = run.frames[index]
            let length = unsafe run.vectors[index].iov_len - skipped
            let taken = min(left, length)
            append(frame, offset: frame.count(.plain) - length, count: taken)
            left -= taken
            skipped = 0
            index += 1
        }
    }

    /// Leaves room for the header of a frame whose content follows.
    mutating func beginFrame() {
        header = staged.count
        staged.append(contentsOf: repeatElement(0, count: DataHeader.byteCount))
        extendStaged(by: DataHeader.byteCount)
    }

    /// Fills in the header of the frame that was begun.
    mutating func endFrame(_ value: DataHeader) {
        value.write(to: &staged, at: header)
    }

    /// Takes back a frame that has got no content.
    mutating func cancelFrame() {
        staged.removeLast(DataHeader.byteCount)
        count -= DataHeader.byteCount
        guard case .staged(let bytes)? = pieces.last else { return }
        if bytes > DataHeader.byteCount {
            pieces[pieces.count - 1] = .staged(bytes - DataHeader.byteCount)
        } else {
            pieces.removeLast()
        }
        if count == 0 { clear() }
    }

    /// Gives as much to `output` as it takes in one call.
    /// - Returns: how many bytes it took; negative when the connection has ended.
    mutating func write(to output: any ByteOutput) -> Int {
        let vectors = min(pieces.count - first, Self.maxVectors)
        guard vectors > 0 else { return 0 }
        let written = unsafe withUnsafeTemporaryAllocation(of: iovec.self, capacity: vectors) {
            vectors in
            unsafe staged.withUnsafeBytes { staged in
                unsafe gather(0, vectors, staged, from: stagedStart, output)
            }
        }
        if written > 0 { advance(by: min(written, count)) }
        return written
    }

    /// Collects the addresses of the pieces, those of arrays by recursion, in the scope in which
    /// each is valid.
    private func gather(
        _ filled: Int, _ vectors: UnsafeMutableBufferPointer<iovec>,
        _ staged: UnsafeRawBufferPointer, from start: Int, _ output: any ByteOutput
    ) -> Int {
        var start = start
        for index in filled..<vectors.count {
            switch pieces[first + index] {
            case .staged(let count):
                unsafe Self.fill(vectors, index, staged, start, count)
                start += count
            case .frame(let frame, let offset, let count):
                unsafe Self.fill(vectors, index, frame.region(.plain), offset, count)
            case .array(let array, let offset, let count):
                return unsafe array.withUnsafeBytes { bytes in
                    unsafe Self.fill(vectors, index, bytes, offset, count)
                    return unsafe gather(index + 1, vectors, staged, from: start, output)
                }
            }
        }
        return unsafe output.write(UnsafeBufferPointer(vectors))
    }

    private static func fill(
        _ vectors: UnsafeMutableBufferPointer<iovec>, _ index: Int,
        _ bytes: UnsafeRawBufferPointer, _ offset: Int, _ count: Int
    ) {
        let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + count)])
        unsafe vectors.initializeElement(
            at: index,
            to: iovec(
                iov_base: UnsafeMutableRawPointer(mutating: part.baseAddress), iov_len: part.count))
    }

    private mutating func advance(by bytes: Int) {
        count -= bytes
        guard count > 0 else { return clear() }
        var left = bytes
        while left > 0 {
            let piece = pieces[first]
            let taken = min(left, piece.count)
            left -= taken
            switch piece {
            case .staged(let count):
                stagedStart += taken
                pieces[first] = .staged(count - taken)
            case .frame(let frame, let offset, let count):
                pieces[first] = .frame(frame, offset: offset + taken, count: count - taken)
            case .array(let array, let offset, let count):
                pieces[first] = .array(array, offset: offset + taken, count: count - taken)
            }
            guard taken == piece.count else { break }
            pieces[first] = .staged(0)
            first += 1
        }
        if first >= Self.maxVectors {
            pieces.removeFirst(first)
            first = 0
        }
        if stagedStart >= 16 << 10, stagedStart > staged.count / 2 {
            staged.removeFirst(stagedStart)
            stagedStart = 0
        }
    }

    /// Releases what was sent. A small buffer is kept: the next event needs it again.
    private mutating func clear() {
        if staged.capacity <= 1024 { staged.removeAll(keepingCapacity: true) } else { staged = [] }
        if pieces.capacity <= 16 { pieces.removeAll(keepingCapacity: true) } else { pieces = [] }
        stagedStart = 0
        first = 0
    }

    /// Releases the memory of an empty buffer.
    mutating func trim() {
        guard isEmpty else { return }
        staged = []
        pieces = []
    }
}
