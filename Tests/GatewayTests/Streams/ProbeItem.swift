import DirectoryMessages
import Events
import Foundation
import TestSupport

/// The protocols and formats in which a client can read the stream of events.
enum StreamKind: String, CaseIterable, Sendable {
    case sse, ndjson
    case sseOverHTTP2, ndjsonOverHTTP2
    case grpc

    var isHTTP2: Bool { self != .sse && self != .ndjson }
    var isNDJSON: Bool { self == .ndjson || self == .ndjsonOverHTTP2 }
}

/// What a client reads on a stream, the same for each kind of stream.
enum ProbeItem: Equatable, Sendable {
    case event(id: String, story: String)
    case dropped(Int)
    case reset(cause: String, oldestID: String?)
    /// The last item; nil: the gateway shuts down.
    case goodbye(reason: String?)

    /// The id of an event.
    var id: String? { if case .event(let id, _) = self { id } else { nil } }
    /// The short type of an event, and its resource.
    var story: String? { if case .event(_, let story) = self { story } else { nil } }

    /// Reads a block of an event stream; nil for one that is none of these.
    init?(block: String) {
        var fields: [String: String] = [:]
        for line in block.components(separatedBy: "\n") where !line.hasPrefix(":") {
            let halves = line.components(separatedBy: ": ")
            fields[halves[0]] = halves.dropFirst().joined(separator: ": ")
        }
        guard let name = fields["event"] else { return nil }
        let json = Self.object(fields["data"] ?? "")
        if let id = fields["id"] {
            self = .event(id: id, story: "\(name) \(json["resource_id"] as? String ?? "?")")
        } else {
            self.init([name: name == "dropped" ? json["dropped"] ?? 0 : json])
        }
    }

    /// Reads a line of NDJSON; nil for a heartbeat.
    init?(line: String) {
        let json = Self.object(line)
        guard let id = json["id"] as? String else {
            self.init(json)
            return
        }
        let type = (json["type"] as? String ?? "?").replacing("EVENT_TYPE_", with: "")
        self = .event(id: id, story: "\(type) \(json["resource_id"] as? String ?? "?")")
    }

    /// Reads a message of gRPC.
    init?(_ event: Agntcy_Dir_Events_V1_Event) {
        guard event.type == .unspecified else {
            let name = EventType(rawValue: event.type.rawValue)?.shortName ?? "?"
            self = .event(id: event.id, story: "\(name) \(event.resourceID)")
            return
        }
        if let count = event.metadata["dropped"] {
            self = .dropped(Int(count) ?? 0)
        } else if let cause = event.metadata["reset"] {
            self = .reset(cause: cause, oldestID: event.metadata["oldest_id"])
        } else {
            return nil
        }
    }

    /// Reads a frame of the gateway itself, by its name.
    private init?(_ frame: [String: Any]) {
        if let count = frame["dropped"] as? Int {
            self = .dropped(count)
        } else if let reset = frame["reset"] as? [String: Any] {
            self = .reset(
                cause: reset["cause"] as? String ?? "?", oldestID: reset["oldest_id"] as? String)
        } else if let goodbye = frame["goodbye"] as? [String: Any] {
            self = .goodbye(reason: goodbye["reason"] as? String)
        } else {
            return nil
        }
    }

    private static func object(_ text: String) -> [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:]
    }
}
