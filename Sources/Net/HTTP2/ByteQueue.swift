/// The bytes of a body that wait to be sent, held by reference.
struct ByteQueue {
    /// Pieces up to this size in bytes are joined.
    private static let smallPiece = 2 << 10
    private static let joinedLimit = 16 << 10

    private var pieces: [[UInt8]] = []
    private var first = 0
    private var sentOfFirst = 0
    private var lastIsJoinable = false
    /// How many bytes wait.
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        count += bytes.count
        let isSmall = bytes.count <= Self.smallPiece
        let last = pieces.count - 1
        if isSmall, lastIsJoinable, last >= first, pieces[last].count < Self.joinedLimit {
            pieces[last] += bytes
        } else {
            pieces.append(bytes)
            lastIsJoinable = isSmall
        }
    }

    /// Moves up to `limit` bytes to `output`.
    /// - Returns: how many bytes were moved.
    mutating func move(upTo limit: Int, to output: inout OutputBuffer) -> Int {
        let moved = min(limit, count)
        var left = moved
        while left > 0 {
            let taken = min(left, pieces[first].count - sentOfFirst)
            output.append(pieces[first], offset: sentOfFirst, count: taken)
            sentOfFirst += taken
            left -= taken
            if sentOfFirst == pieces[first].count {
                pieces[first] = []
                first += 1
                sentOfFirst = 0
            }
        }
        count -= moved
        if count == 0 {
            removeAll()
        } else if first >= 16 {
            pieces.removeFirst(first)
            first = 0
        }
        return moved
    }

    mutating func removeAll() { self = ByteQueue() }
}
