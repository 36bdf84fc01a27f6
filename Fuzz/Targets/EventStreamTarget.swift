import Events
import Text

/// Checks that a stream of server-sent events reads the same however its bytes are cut.
func checkEventStream(_ input: [UInt8]) throws {
    let whole = read([input])
    for pieces in cuts(of: input) {
        let cut = read(pieces)
        try require(cut.isTooLong == whole.isTooLong, "too long only in \(pieces.count) pieces")
        // The events of a piece that is refused are lost with it.
        guard !whole.isTooLong else { continue }
        try require(cut.retry == whole.retry, "another retry in \(pieces.count) pieces")
        try require(
            same(cut.events, whole.events),
            "in \(pieces.count) pieces: \(cut.events), whole: \(whole.events)")
    }
    for event in whole.events {
        try require(event.data.count <= limit, "\(event.data.count) bytes of data")
        try require(!event.type.utf8.isEmpty, "an event without a type")
        try require(
            !(event.id + event.type).utf8.contains { $0 == 0x0A || $0 == 0x0D },
            "the end of a line in an id or a type")
    }
}

private let limit = 2000

private typealias Reading = (events: [ServerSentEvent], retry: Int?, isTooLong: Bool)

private func read(_ pieces: [[UInt8]]) -> Reading {
    var decoder = EventStreamDecoder(limit: limit)
    var events: [ServerSentEvent] = []
    do {
        for piece in pieces { events += try decoder.decode(piece) }
    } catch {
        return (events, decoder.retry, true)
    }
    return (events, decoder.retry, false)
}

/// By bytes, which the equality of `ServerSentEvent` is not.
private func same(_ some: [ServerSentEvent], _ others: [ServerSentEvent]) -> Bool {
    some.count == others.count
        && zip(some, others).allSatisfy {
            $0.id.hasBytes(of: $1.id) && $0.type.hasBytes(of: $1.type) && $0.data == $1.data
        }
}
