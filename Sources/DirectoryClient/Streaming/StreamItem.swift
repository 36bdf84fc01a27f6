public import Events
internal import Text

/// What a stream brings: events, and what happens to the stream itself, in the order in which it
/// happened.
public enum StreamItem: Sendable {
    /// The subscription is live: whatever happens from here on is heard.
    case connected
    case event(ReceivedEvent)
    /// This number of events was lost, because this client read too slowly.
    case dropped(Int)
    /// Between these times nothing could be received; comes before `connected` when the stream was
    /// open before. Microseconds since 1970 by this machine's clock: when the last bytes came, and
    /// when the first came again.
    case gap(from: Int64, to: Int64)
    /// The stream broke and will be tried again; what happens meanwhile is not heard.
    case reconnecting(after: Duration, reason: String)
}

/// An event as it came.
public struct ReceivedEvent: Sendable {
    /// The event's id.
    public let id: String
    /// The short name of its type; perhaps one that this version does not know.
    public let type: String
    /// The event as JSON, one line.
    public let json: [UInt8]

    /// Reads the event.
    /// - Returns: nil when it is of a type that this version does not know, or no event.
    public func decoded() -> Event? {
        // Not with `JSONDecoder`, for which two spellings of one key are the same key.
        guard let event = try? JSONParser.parse(json, valueLimit: JSONParser.standardValueLimit),
            let id = event["id"]?.string.flatMap({ EventID($0) }),
            let name = event["type"]?.string,
            let type = EventType.allCases.first(where: { name.isExactly($0.longName) }),
            let timestamp = event["timestamp"]?.string.flatMap(Timestamp.parse),
            let resourceID = event["resource_id"]?.string,
            let labels = Self.strings(event["labels"]),
            let metadata = Self.metadata(event["metadata"])
        else { return nil }
        return Event(
            id: id, type: type, timestamp: timestamp, resourceID: resourceID, labels: labels,
            metadata: metadata)
    }

    /// Returns nil when it is no array of strings; what is missing is an empty one.
    private static func strings(_ value: JSONValue?) -> [String]? {
        switch value {
        case nil, .null: return []
        case .array(let elements):
            let strings = elements.compactMap(\.string)
            return strings.count == elements.count ? strings : nil
        default: return nil
        }
    }

    /// Returns the members by the bytes of their keys; nil when one is no string. What is missing is
    /// empty.
    private static func metadata(_ value: JSONValue?) -> [Event.Metadatum]? {
        switch value {
        case nil, .null: return []
        case .object(let members):
            let metadata = members.compactMap { member in
                member.value.string.map { Event.Metadatum(member.key, $0) }
            }
            return metadata.count == members.count ? metadata : nil
        default: return nil
        }
    }
}
