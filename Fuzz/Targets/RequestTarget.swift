import HTTPServer
import HTTPTypes

/// Small limits, so that short inputs reach them.
private let limits: HTTPLimits = {
    var limits = HTTPLimits()
    limits.requestLineBytes = 200
    limits.headerBytes = 400
    limits.headerCount = 8
    return limits
}()

/// What a parser made of its bytes.
private struct Reading: Equatable {
    var requests: [[UInt8]] = []
    var error: String?
}

/// Checks that requests read the same however their bytes are cut, and within the limits.
func checkRequest(_ input: [UInt8]) throws {
    let whole = try read([input])
    for pieces in cuts(of: input) {
        let cut = try read(pieces)
        try require(
            cut == whole, "in \(pieces.count) pieces: \(described(cut)), whole: \(described(whole))"
        )
    }
}

private func read(_ pieces: [[UInt8]]) throws -> Reading {
    var parser = RequestParser(limits: limits)
    var reading = Reading()
    do {
        for piece in pieces {
            parser.append(piece)
            while let event = try parser.next() {
                switch event {
                case .head(let head):
                    try check(head)
                    reading.requests.append(description(of: head))
                case .body(let bytes):
                    try require(!bytes.isEmpty, "an empty piece of body")
                    reading.requests[reading.requests.count - 1] += bytes
                case .end: reading.requests[reading.requests.count - 1] += Array("<end>".utf8)
                }
            }
            // The longest line, its end, and a byte that shows that it is too long.
            try require(parser.bufferedCount <= 403, "\(parser.bufferedCount) bytes are held")
            try require(parser.announcedCount >= 0, "\(parser.announcedCount) bytes are announced")
        }
    } catch let error as HTTPProtocolError {
        try require((400...505).contains(error.status), "a fault with status \(error.status)")
        reading.error = "\(error.status) \(error.reason)"
    }
    return reading
}

private func check(_ head: RequestHead) throws {
    let target = head.path.utf8.count + (head.query?.utf8.count ?? 0)
    try require(target <= limits.requestLineBytes, "a target of \(target) bytes")
    try require(head.fields.count <= limits.headerCount, "\(head.fields.count) fields")
    let bytes = head.fields.reduce(0) { $0 + $1.name.rawName.utf8.count + $1.value.utf8.count }
    try require(bytes <= 2 * limits.headerBytes, "\(bytes) bytes of fields")
    let lengths = head.fields[values: .contentLength]
    let codings = head.fields[values: .transferEncoding]
    switch head.bodyFraming {
    case .chunked:
        try require(
            lengths.isEmpty && codings.count == 1 && head.version == .http11,
            "a chunked body that others may read in another way")
    case .length(let length):
        try require(
            length > 0 && lengths.count == 1 && codings.isEmpty, "a length that others may not see")
    case .none:
        try require(
            codings.isEmpty && lengths.allSatisfy { $0.utf8.allSatisfy { $0 == 0x30 } },
            "a body that is not read")
    }
}

private func description(of head: RequestHead) -> [UInt8] {
    let fields = head.fields.map { "\($0.name.rawName)=\($0.value)" }
    let parts =
        [
            "\(head.version)", head.method.rawValue, head.path, head.query ?? "<none>",
            "\(head.bodyFraming)", "\(head.wantsKeepAlive)", "\(head.expectsContinue)",
        ] + fields
    return Array(parts.joined(separator: "|").utf8) + [0x0A]
}

private func described(_ reading: Reading) -> String {
    "\(reading.requests.map(text)), \(reading.error ?? "no fault")"
}
