internal import Events
internal import Text

/// Events as messages of gRPC: `agntcy.dir.events.v1.ListenResponse` in protobuf's wire format, after
/// the prefix of gRPC. Written by hand, because it is done once for each event that a stream of gRPC
/// receives, and the format is small.
enum EventMessage {
    /// Returns the message of an event, with its prefix.
    static func response(_ event: Event) -> [UInt8] {
        let (seconds, micros) = event.timestamp.quotientAndRemainder(dividingBy: 1_000_000)
        var time: [UInt8] = []
        // A remainder of a time before 1970 would be negative; nanoseconds count forwards.
        append(1, varint: UInt64(bitPattern: micros < 0 ? seconds - 1 : seconds), to: &time)
        append(2, varint: UInt64((micros < 0 ? micros + 1_000_000 : micros) * 1000), to: &time)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(event.labels.reduce(256) { $0 + $1.utf8.count + 4 })
        append(1, text: event.id.description, to: &bytes)
        append(2, varint: UInt64(event.type.rawValue), to: &bytes)
        append(3, bytes: time, to: &bytes)
        append(4, text: event.resourceID, to: &bytes)
        for label in event.labels { append(5, text: label, to: &bytes) }
        for entry in event.metadata { append(entry.key, entry.value, to: &bytes) }
        return framed(bytes)
    }

    /// Returns the message of a notice: an event of type UNSPECIFIED with nothing but metadata.
    static func notice(_ metadata: KeyValuePairs<String, String>) -> [UInt8] {
        var bytes: [UInt8] = []
        for (key, value) in metadata { append(key, value, to: &bytes) }
        return framed(bytes)
    }

    /// Puts an event into its response, and the prefix before it.
    private static func framed(_ event: [UInt8]) -> [UInt8] {
        var response: [UInt8] = []
        response.reserveCapacity(event.count + 6)
        append(1, bytes: event, to: &response)
        var message: [UInt8] = [0]
        message.reserveCapacity(response.count + 5)
        for shift in [24, 16, 8, 0] {
            message.append(UInt8(truncatingIfNeeded: response.count >> shift))
        }
        message += response
        return message
    }

    /// Appends an entry of `map<string, string> metadata = 7`.
    private static func append(_ key: String, _ value: String, to bytes: inout [UInt8]) {
        var entry: [UInt8] = []
        append(1, text: key, to: &entry)
        append(2, text: value, to: &entry)
        append(7, bytes: entry, to: &bytes)
    }

    private static func append(_ field: UInt8, varint value: UInt64, to bytes: inout [UInt8]) {
        guard value != 0 else { return }
        bytes.append(field << 3)
        append(varint: value, to: &bytes)
    }

    private static func append(_ field: UInt8, text: String, to bytes: inout [UInt8]) {
        bytes.append(field << 3 | 2)
        append(varint: UInt64(text.utf8.count), to: &bytes)
        bytes += text.utf8
    }

    private static func append(_ field: UInt8, bytes part: [UInt8], to bytes: inout [UInt8]) {
        bytes.append(field << 3 | 2)
        append(varint: UInt64(part.count), to: &bytes)
        bytes += part
    }

    private static func append(varint value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
