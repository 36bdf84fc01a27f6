package import Events
internal import GatewayGRPC
internal import Text

/// What one message of the upstream's `Listen` means.
package enum ListenMessage: Equatable {
    /// An event, with the id and the time that the upstream gave it.
    case event(Event)
    /// How many events the upstream has dropped for this gateway.
    case dropped(Int)
    /// The upstream may have missed events itself.
    case reset
    /// The message cannot be passed on, with the reason.
    case refused(String)

    /// Returns whether both have the same bytes; `String` would compare characters.
    package static func == (a: ListenMessage, b: ListenMessage) -> Bool {
        switch (a, b) {
        case (.event(let a), .event(let b)): a == b
        case (.dropped(let a), .dropped(let b)): a == b
        case (.reset, .reset): true
        case (.refused(let a), .refused(let b)): a.hasBytes(of: b)
        default: false
        }
    }

    /// The most bytes of the labels, and of everything else, of one event: as for records here.
    private static let labelBytes = 256 << 10
    private static let textBytes = 64 << 10

    /// Reads a `ListenResponse`. By hand, so that metadata keep their order and a message costs no more
    /// memory than its bytes.
    package static func read(_ message: [UInt8]) -> ListenMessage {
        do {
            var event: Range<Int>?
            var reader = WireReader(message)
            while let field = try reader.next() {
                if field.number == 1, case .bytes(let range) = field.value { event = range }
            }
            guard let event else { return .refused("a message without an event") }
            return try Draft(message, event).message
        } catch {
            return .refused("a message that is not protobuf")
        }
    }

    /// The fields of an event as they are read.
    private struct Draft {
        var id = ""
        var type: UInt64 = 0
        var seconds: UInt64 = 0
        var nanoseconds: UInt64 = 0
        var hasTime = false
        var resource = ""
        var labels: [String] = []
        var metadata: [Event.Metadatum] = []
        var labelBytes = 0
        var textBytes = 0

        init(_ bytes: [UInt8], _ range: Range<Int>) throws(WireError) {
            var reader = WireReader(bytes, in: range)
            while let field = try reader.next() {
                switch (field.number, field.value) {
                case (1, .bytes(let part)): id = try text(bytes, part)
                case (2, .number(let value)): type = value
                case (3, .bytes(let part)): try readTime(bytes, part)
                case (4, .bytes(let part)): resource = try text(bytes, part)
                case (5, .bytes(let part)):
                    labelBytes += part.count + 1
                    // What is above the limit is refused; it is not kept until then.
                    if labelBytes <= ListenMessage.labelBytes {
                        labels.append(try bytes.text(part))
                    }
                case (7, .bytes(let part)): try readEntry(bytes, part)
                default: break
                }
            }
        }

        private mutating func text(_ bytes: [UInt8], _ part: Range<Int>) throws(WireError)
            -> String
        {
            textBytes += part.count + 1
            return textBytes <= ListenMessage.textBytes ? try bytes.text(part) : ""
        }

        private mutating func readTime(_ bytes: [UInt8], _ range: Range<Int>) throws(WireError) {
            hasTime = true
            var reader = WireReader(bytes, in: range)
            while let field = try reader.next() {
                guard case .number(let value) = field.value else { continue }
                if field.number == 1 { seconds = value }
                if field.number == 2 { nanoseconds = value }
            }
        }

        private mutating func readEntry(_ bytes: [UInt8], _ range: Range<Int>) throws(WireError) {
            var (key, value) = ("", "")
            var reader = WireReader(bytes, in: range)
            while let field = try reader.next() {
                guard case .bytes(let part) = field.value else { continue }
                if field.number == 1 { key = try text(bytes, part) }
                if field.number == 2 { value = try text(bytes, part) }
            }
            textBytes += 8
            if textBytes <= ListenMessage.textBytes { metadata.append(.init(key, value)) }
        }

        /// From the year 1 to the year 9999, as `google.protobuf.Timestamp` has it.
        private static let validSeconds: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

        /// Microseconds since 1970; nil when it is no time.
        private var timestamp: Int64? {
            let seconds = Int64(bitPattern: seconds)
            guard hasTime, Self.validSeconds.contains(seconds), nanoseconds < 1_000_000_000 else {
                return nil
            }
            return seconds * 1_000_000 + Int64(nanoseconds / 1000)
        }

        var message: ListenMessage {
            if type == 0, let notice { return notice }
            guard labelBytes <= ListenMessage.labelBytes, textBytes <= ListenMessage.textBytes
            else { return .refused("an event that is too large") }
            guard let type = EventType(rawValue: Int(truncatingIfNeeded: type)) else {
                return .refused("an event of the unknown type \(Int64(bitPattern: type))")
            }
            guard let id = EventID(id) else { return .refused("an event whose id is no UUID") }
            guard !resource.utf8.isEmpty else { return .refused("an event without a resource") }
            guard let timestamp else { return .refused("an event without a valid time") }
            return .event(
                Event(
                    id: id, type: type, timestamp: timestamp, resourceID: resource,
                    labels: labels, metadata: metadata))
        }

        /// What a gateway tells in an event without a type.
        private var notice: ListenMessage? {
            for entry in metadata {
                if entry.key.hasBytes(of: "reset") { return .reset }
                if entry.key.hasBytes(of: "dropped") {
                    let count = entry.value.utf8.count < 10 ? Int(entry.value) : nil
                    return .dropped(max(1, count ?? 1))
                }
            }
            return nil
        }
    }
}
