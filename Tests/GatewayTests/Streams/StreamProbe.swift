import DirectoryMessages
import Events
import Foundation
import SwiftProtobuf
import TestSupport

/// What a client asks for when it opens a stream.
struct StreamRequest {
    var types: [EventType] = []
    var labels: [String] = []
    var cids: [String] = []
    /// Sent as `Last-Event-ID` (metadata `last-event-id`).
    var lastEventID: String?
    /// Sent in the query (as metadata).
    var since: String?
    /// Further fields, such as `Authorization`.
    var fields: [String: String] = [:]
    /// Whether a client of gRPC wants to hear of drops and resets.
    var wantsNotices = true
    /// Whether the client leaves little room in the buffers of the system and in its windows.
    var isNarrow = false

    /// The address of the stream.
    var target: String {
        var items: [String] = []
        func add(_ name: String, _ values: [String]) {
            let allowed = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-._/"))
            let encoded = values.map {
                $0.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
            }
            if !values.isEmpty { items.append("\(name)=\(encoded.joined(separator: ","))") }
        }
        add("types", types.map(\.shortName))
        add("labels", labels)
        add("cids", cids)
        add("since", since.map { [$0] } ?? [])
        return "/events" + (items.isEmpty ? "" : "?" + items.joined(separator: "&"))
    }

    /// The filter as a message of gRPC, with its prefix.
    var message: [UInt8] {
        get throws {
            var request = Agntcy_Dir_Events_V1_ListenRequest()
            request.eventTypes = types.map { .init(rawValue: $0.rawValue) ?? .unspecified }
            request.labelFilters = labels
            request.cidFilters = cids
            let bytes: [UInt8] = try request.serializedBytes()
            let count = bytes.count
            return [0] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) } + bytes
        }
    }
}

/// A stream was refused.
struct StreamRefusal: Error, CustomStringConvertible {
    /// The status of HTTP, or that of gRPC.
    let status: Int
    let text: String
    var description: String { "\(status) \(text)" }
}

/// A stream of events as a client of any kind reads it. One call at a time.
final class StreamProbe: @unchecked Sendable {
    let kind: StreamKind
    private var buffer: [UInt8] = []
    private var hasEnded = false
    private let plain: SocketClient?
    private let http2: HTTP2SocketClient?
    private var stream: Int32 = 0

    /// Subscribes. When this returns, the subscription is live.
    /// - Throws: `StreamRefusal` when the gateway refuses.
    init(_ address: String, _ kind: StreamKind, _ request: StreamRequest = .init()) async throws {
        self.kind = kind
        let receiveBuffer: Int32? = request.isNarrow ? 4096 : nil
        var fields = request.fields
        if kind == .grpc {
            fields["content-type"] = "application/grpc"
            fields["te"] = "trailers"
            if request.wantsNotices { fields["directory-notices"] = "1" }
            fields["since"] = request.since
        } else {
            fields["accept"] = kind.isNDJSON ? "application/x-ndjson" : "text/event-stream"
        }
        fields["last-event-id"] = request.lastEventID
        if kind.isHTTP2 {
            plain = nil
            http2 = try HTTP2SocketClient(
                address, window: request.isNarrow ? 65_535 : 1 << 20,
                connectionWindow: request.isNarrow ? 65_535 : 16 << 20,
                receiveBuffer: receiveBuffer)
        } else {
            http2 = nil
            plain = try SocketClient(address, receiveBuffer: receiveBuffer)
        }
        if let plain { try await open(plain, request, fields) }
        if let http2 { try await open(http2, request, fields) }
        // The opening of a stream that has one.
        if kind != .grpc { _ = try await unit(through: kind.isNDJSON ? "\n" : "\n\n") }
    }

    private func open(
        _ client: SocketClient, _ request: StreamRequest, _ fields: [String: String]
    ) async throws {
        var head = "GET \(request.target) HTTP/1.1\r\nHost: test\r\n"
        for (name, value) in fields { head += "\(name): \(value)\r\n" }
        try await client.send(head + "\r\n")
        let (status, received) = try await client.head()
        guard status != 200 else { return }
        let body = try await client.read(count: Int(received["content-length"] ?? "") ?? 0)
        throw StreamRefusal(status: status, text: String(decoding: body, as: UTF8.self))
    }

    private func open(
        _ client: HTTP2SocketClient, _ request: StreamRequest, _ fields: [String: String]
    ) async throws {
        let isCall = kind == .grpc
        stream = try await client.request(
            isCall ? "/agntcy.dir.events.v1.EventService/Listen" : request.target,
            method: isCall ? "POST" : "GET", fields: fields.map { ($0.key.lowercased(), $0.value) },
            body: isCall ? try request.message : nil)
        try await client.run { [stream] in $0.responses[stream]?.hasHead == true }
        guard let response = client.session.responses[stream] else { return }
        if isCall, let status = Int(response["grpc-status"]) {
            throw StreamRefusal(
                status: status, text: response["grpc-message"].removingPercentEncoding ?? "")
        }
        guard response.status != "200" else { return }
        let whole = try await client.response(stream)
        throw StreamRefusal(status: Int(response.status) ?? 0, text: whole.text)
    }

    /// Returns the next item; nil at the end of the stream.
    func next() async throws -> ProbeItem? {
        while true {
            if kind == .grpc {
                guard let message = try await message() else { return try ending() }
                if let item = ProbeItem(message) { return item }
            } else {
                guard let text = try await unit(through: kind.isNDJSON ? "\n" : "\n\n") else {
                    return nil
                }
                if let item = kind.isNDJSON ? ProbeItem(line: text) : ProbeItem(block: text) {
                    return item
                }
            }
        }
    }

    /// Returns the stories of the next events; fails at anything else.
    func stories(_ count: Int) async throws -> [String] {
        var list: [String] = []
        while list.count < count {
            let item = try await next()
            guard let story = item?.story else {
                throw SocketClient.Failure(
                    description: "\(kind): \(String(describing: item)) after \(list)")
            }
            list.append(story)
        }
        return list
    }

    /// Ends the connection with a reset, as a client that crashed.
    func reset() { (plain ?? http2?.socket)?.reset() }

    /// The status with which a call has ended, once.
    private func ending() throws -> ProbeItem? {
        guard !hasEnded, let response = http2?.session.responses[stream] else { return nil }
        hasEnded = true
        let fields = Dictionary(response.trailers, uniquingKeysWith: { $1 })
        guard let status = fields["grpc-status"] else { return nil }
        // UNAVAILABLE at shutdown, UNAUTHENTICATED at the end of the token.
        guard status != "14" else { return .goodbye(reason: nil) }
        return .goodbye(reason: fields["grpc-message"]?.removingPercentEncoding ?? status)
    }

    private func message() async throws -> Agntcy_Dir_Events_V1_Event? {
        while true {
            if buffer.count >= 5 {
                let count = buffer[1..<5].reduce(0) { $0 << 8 | Int($1) }
                if buffer.count >= 5 + count {
                    let bytes = Array(buffer[5..<5 + count])
                    buffer.removeFirst(5 + count)
                    return try Agntcy_Dir_Events_V1_ListenResponse(serializedBytes: bytes).event
                }
            }
            guard try await receive() else { return nil }
        }
    }

    /// Returns the text up to an end, without it; nil at the end of the stream.
    private func unit(through end: String) async throws -> String? {
        let end = Array(end.utf8)
        var searched = 0
        while true {
            if let range = buffer[searched...].firstRange(of: end) {
                defer { buffer.removeSubrange(..<range.upperBound) }
                return String(decoding: buffer[..<range.lowerBound], as: UTF8.self)
            }
            searched = max(0, buffer.count - end.count)
            guard try await receive() else { return nil }
        }
    }

    /// Receives more bytes of the body.
    /// - Returns: false at its end.
    private func receive() async throws -> Bool {
        if let plain {
            guard let chunk = try await plain.chunk() else { return false }
            buffer += chunk
            return true
        }
        guard let http2 else { return false }
        try await http2.run { [stream] in
            $0.responses[stream]?.closeCode != nil || $0.responses[stream]?.body.isEmpty == false
        }
        guard let body = http2.session.responses[stream]?.body, !body.isEmpty else { return false }
        http2.session.responses[stream]?.body = []
        buffer += body
        return true
    }
}
