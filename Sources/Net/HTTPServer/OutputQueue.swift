internal import Glibc
internal import Libevent

/// The bytes that wait to be sent on a connection, held by reference: a body that many connections
/// send is in memory once.
struct OutputQueue {
    /// Pieces up to this size in bytes are joined, so that a system call needs fewer addresses.
    static let smallPiece = 2 << 10
    private static let joinedLimit = 16 << 10
    /// The most pieces of one system call.
    private static let maxVectors = 16

    private var pieces: [[UInt8]] = []
    private var first = 0
    private var sentOfFirst = 0
    private var lastIsJoinable = false
    /// How many bytes wait.
    private(set) var count = 0
    /// How many bytes of memory the pieces hold. A piece is released when its last byte was sent.
    private(set) var heldCount = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        count += bytes.count
        heldCount += bytes.count
        let isSmall = bytes.count <= Self.smallPiece
        let last = pieces.count - 1
        if isSmall, lastIsJoinable, last >= first, pieces[last].count < Self.joinedLimit {
            pieces[last] += bytes
        } else {
            pieces.append(bytes)
            lastIsJoinable = isSmall
        }
    }

    /// Writes as much as the stream takes in one gathering write.
    /// - Returns: how many bytes were taken; 0 when there is no room; nil when the connection has
    ///   ended.
    mutating func write(to stream: any ByteStream) -> Int? {
        let vectors = min(pieces.count - first, Self.maxVectors)
        guard vectors > 0 else { return 0 }
        let result = unsafe withUnsafeTemporaryAllocation(of: iovec.self, capacity: vectors) {
            unsafe gather(0, into: $0, for: stream)
        }
        guard case .count(let written) = result else { return nil }
        advance(by: written)
        return written
    }

    /// Collects the addresses of the pieces by recursion, each in the scope in which it is valid, and
    /// writes them in the innermost scope.
    private func gather(
        _ filled: Int, into vectors: UnsafeMutableBufferPointer<iovec>, for stream: any ByteStream
    ) -> WriteResult {
        guard filled < vectors.count else {
            return unsafe stream.write(UnsafeBufferPointer(vectors))
        }
        let skipped = filled == 0 ? sentOfFirst : 0
        return unsafe pieces[first + filled].withUnsafeBytes { piece in
            let rest = unsafe UnsafeMutableRawBufferPointer(
                mutating: UnsafeRawBufferPointer(rebasing: piece[skipped...]))
            unsafe vectors.initializeElement(
                at: filled, to: iovec(iov_base: rest.baseAddress, iov_len: rest.count))
            return unsafe gather(filled + 1, into: vectors, for: stream)
        }
    }

    private mutating func advance(by bytes: Int) {
        count -= bytes
        sentOfFirst += bytes
        while first < pieces.count, sentOfFirst >= pieces[first].count {
            sentOfFirst -= pieces[first].count
            heldCount -= pieces[first].count
            pieces[first] = []
            first += 1
        }
        if first == pieces.count {
            pieces.removeAll(keepingCapacity: pieces.capacity <= 2 * Self.maxVectors)
            first = 0
        } else if first >= Self.maxVectors {
            pieces.removeFirst(first)
            first = 0
        }
    }
}
