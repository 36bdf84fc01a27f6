import Text

@testable import DirectoryClient
@testable import Gateway

/// Checks that both readers of lines find the same ones however the bytes are cut, and the ones that
/// are there.
func checkLines(_ input: [UInt8]) throws {
    let limit = 64
    let whole = split([input], limit)
    try require(whole == expected(input, limit), "the lines are \(whole)")
    let buffered = buffer([input])
    let all = input.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) }
    try require(
        buffered == (all.last == [] ? all.dropLast() : all), "the client's lines: \(buffered)")
    for pieces in cuts(of: input) {
        let cut = split(pieces, limit)
        try require(cut == whole, "in \(pieces.count) pieces: \(cut), whole: \(whole)")
        try require(buffer(pieces) == buffered, "the client in \(pieces.count) pieces")
    }
}

private func split(_ pieces: [[UInt8]], _ limit: Int) -> [LineSplitter.Line] {
    var splitter = LineSplitter(limit: limit)
    return pieces.flatMap { splitter.add($0) } + splitter.finish()
}

private func buffer(_ pieces: [[UInt8]]) -> [[UInt8]] {
    var buffer = LineBuffer()
    var lines: [[UInt8]] = []
    for piece in pieces {
        buffer.append(piece)
        while let line = buffer.line() { lines.append(line) }
    }
    return lines + (buffer.rest().map { [$0] } ?? [])
}

private func expected(_ input: [UInt8], _ limit: Int) -> [LineSplitter.Line] {
    let lines = input.split(separator: 0x0A, omittingEmptySubsequences: false)
    return zip(1..., lines).compactMap { number, line in
        if line.count > limit { return LineSplitter.Line(number: number, bytes: nil) }
        let bytes = Array(line.last == 0x0D ? line.dropLast() : line)
        let isBlank = bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 }
        return isBlank ? nil : LineSplitter.Line(number: number, bytes: bytes)
    }
}
