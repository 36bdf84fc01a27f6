import EventHub
import Events
import Frames
import Text

@testable import DirectoryClient

/// Checks that an event comes out of its encodings as it went in, whatever its texts are: the lines
/// of the input are the resource, the labels, and `key=value` of the metadata.
func checkEvent(_ input: [UInt8]) throws {
    let event = event(fields(input, limit: 40))
    let json = event.json()
    let stream = text(EventEncoding.serverSentEvents.frame(event, json: json).bytes(.plain))
    let lines = text(EventEncoding.ndjson.frame(event, json: json).bytes(.plain))

    var decoder = EventStreamDecoder()
    let received = try decoder.decode(Array(stream.utf8))
    try require(received.count == 1, "\(received.count) events from one: \(stream)")
    try require(received[0].data == json, "other data: \(received[0].text)")
    try require(received[0].id.hasBytes(of: event.id.description), "id \(received[0].id)")
    try require(received[0].type.hasBytes(of: event.type.shortName), "type \(received[0].type)")
    try require(
        lines.utf8.firstIndex(of: 0x0A) == lines.utf8.indices.last, "not one line: \(lines)")

    let client = ReceivedEvent(id: received[0].id, type: received[0].type, json: received[0].data)
    guard let decoded = client.decoded() else {
        throw Finding("the client cannot read \(text(json))")
    }
    try require(decoded == event, "the client reads \(text(decoded.json())), not \(text(json))")
}

private func event(_ fields: [String]) -> Event {
    var labels: [String] = []
    var metadata: [ExactString: String] = [:]
    for field in fields.dropFirst() {
        let halves = field.fields(on: UInt8(ascii: "="), limit: 1)
        if halves.count == 1 {
            labels.append(field)
        } else {
            metadata[ExactString(halves[0])] = halves[1]
        }
    }
    let types = EventType.allCases
    let number = fields.reduce(0) { $0 &+ $1.utf8.count }
    var ids = EventIDSequence()
    var generator = SystemRandomNumberGenerator()
    return Event(
        id: ids.next(now: Int64(number) * 1000, random: &generator),
        type: types[number % types.count], timestamp: Int64(number) * 1_000_003,
        resourceID: fields.first ?? "", labels: labels,
        metadata: metadata.sorted { $0.key < $1.key }.map {
            Event.Metadatum($0.key.string, $0.value)
        })
}
