public import Events
public import Frames
public import Text

/// How events look on a stream.
public enum EventEncoding: Hashable, Sendable, CaseIterable {
    /// `text/event-stream` (WHATWG HTML §9.2), in the dialect that every client reads alike.
    case serverSentEvents
    /// `application/x-ndjson`: one JSON object a line.
    case ndjson
    /// Messages of gRPC: `agntcy.dir.events.v1.ListenResponse`.
    case grpc
    /// The same, with a message for what was dropped, for clients that asked for it.
    case grpcWithNotices

    /// The encodings that a client of HTTP can choose.
    public static let offered: [EventEncoding] = [.serverSentEvents, .ndjson]

    /// Whether the encoding is one of gRPC. Its streams have neither an opening, nor heartbeats, nor a
    /// last frame: HTTP/2 has PING, and gRPC a status.
    public var isGRPC: Bool { self == .grpc || self == .grpcWithNotices }

    /// The media type, as a client names it in `Accept`.
    public var mediaType: String {
        switch self {
        case .serverSentEvents: "text/event-stream"
        case .ndjson: "application/x-ndjson"
        case .grpc, .grpcWithNotices: "application/grpc"
        }
    }

    /// The value of `Content-Type`. An event stream is UTF-8 by definition, but some clients read
    /// it as Latin-1 unless told.
    public var contentType: String {
        switch self {
        case .serverSentEvents: "text/event-stream; charset=utf-8"
        case .ndjson, .grpc, .grpcWithNotices: mediaType
        }
    }

    /// An event as a frame.
    /// - Parameters:
    ///   - json: `event.json()`, which several encodings share.
    ///   - place: the place after it in the event log.
    ///   - budget: is charged for as long as the frame lives.
    public func frame(
        _ event: Event, json: [UInt8], place: EventPlace? = nil, budget: MemoryBudget? = nil
    ) -> Frame {
        let position = place?.position ?? 0
        switch self {
        case .serverSentEvents:
            var bytes: [UInt8] = []
            bytes.reserveCapacity(json.count + 96)
            bytes += "id: ".utf8
            event.id.append(to: &bytes)
            bytes += "\nevent: ".utf8
            bytes += event.type.shortName.utf8
            bytes += "\ndata: ".utf8
            bytes += json
            bytes += [0x0A, 0x0A]
            return Frame(bytes, position: position, budget: budget)
        case .ndjson:
            return Frame(json + [0x0A], position: position, budget: budget)
        case .grpc, .grpcWithNotices:
            return Frame(EventMessage.response(event), position: position, budget: budget)
        }
    }

    /// What opens a stream, at once: the client knows that its subscription is live.
    /// - Parameter retry: how long a client should wait before it comes back, milliseconds.
    public func opening(retry: Int) -> [UInt8] {
        switch self {
        case .serverSentEvents: Array("retry: \(retry)\n: connected\n\n".utf8)
        case .ndjson: [0x0A]
        case .grpc, .grpcWithNotices: []
        }
    }

    /// The frame after a silence, so that the connection does not count as lost. A comment without an
    /// empty line after it: for httpx-sse 0.4.3 an empty line is an event of its own once an id has
    /// been received. Empty for gRPC.
    public var heartbeat: Frame {
        switch self {
        case .serverSentEvents: Frame(Array(":\n".utf8))
        case .ndjson: Frame([0x0A])
        case .grpc, .grpcWithNotices: Frame([])
        }
    }

    /// Tells how many events were lost since the one before. Empty for gRPC clients that did not ask
    /// for notices.
    public func dropped(_ count: Int) -> Frame {
        switch self {
        case .serverSentEvents:
            Frame(Array("event: dropped\ndata: {\"dropped\":\(count)}\n\n".utf8))
        case .ndjson: Frame(Array("{\"dropped\":\(count)}\n".utf8))
        case .grpc: Frame([])
        case .grpcWithNotices: Frame(EventMessage.notice(["dropped": "\(count)"]))
        }
    }

    /// Tells that what the client has missed cannot be replayed, before the stream goes on live. Empty
    /// for gRPC clients that did not ask for notices.
    public func reset(_ reset: EventLogReset) -> [UInt8] {
        let json = reset.json.line
        switch self {
        case .serverSentEvents: return Array("event: reset\ndata: ".utf8) + json + [0x0A, 0x0A]
        case .ndjson: return Array("{\"reset\":".utf8) + json + Array("}\n".utf8)
        case .grpc: return []
        case .grpcWithNotices:
            guard let oldest = reset.oldestID else {
                return EventMessage.notice(["reset": reset.cause.name])
            }
            return EventMessage.notice(["reset": reset.cause.name, "oldest_id": "\(oldest)"])
        }
    }

    /// The last word before the gateway goes down, or before a stream ends whose token has ended.
    /// - Parameters:
    ///   - retry: when to come back, milliseconds.
    ///   - reason: why the stream ends; nil when the gateway goes down.
    public func goodbye(retry: Int, reason: String? = nil) -> Frame {
        var json: JSON = ["retry": .number(retry)]
        if let reason { json = ["retry": .number(retry), "reason": .string(reason)] }
        switch self {
        case .serverSentEvents:
            let start = Array("retry: \(retry)\nevent: goodbye\ndata: ".utf8)
            return Frame(start + json.line + [0x0A, 0x0A])
        case .ndjson:
            return Frame((["goodbye": json] as JSON).line + [0x0A])
        case .grpc, .grpcWithNotices: return Frame([])
        }
    }

    /// Refuses a subscription softly: an `EventSource` that got a status other than 200 would never
    /// come back.
    /// - Parameter retry: when to come back, milliseconds.
    public static func retryLater(retry: Int, reason: String) -> [UInt8] {
        var bytes = Array("retry: \(retry)\nevent: retry-later\ndata: {\"reason\":".utf8)
        JSONText.append(reason, to: &bytes)
        return bytes + Array(",\"retry\":\(retry)}\n\n".utf8)
    }
}

extension EventLogReset {
    /// The reset as a JSON object: its cause, and the id of the oldest event that is kept.
    public var json: JSON {
        var members: [(String, JSON)] = [("cause", .string(cause.name))]
        if let oldestID { members.append(("oldest_id", .string("\(oldestID)"))) }
        return .object(members)
    }
}
