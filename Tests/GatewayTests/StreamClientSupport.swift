import DirectoryClient
import Foundation
import Synchronization
import Testing

/// Remembers the pauses instead of making them.
final class Pauses: Sendable {
    private let all = Mutex<[Duration]>([])

    var seconds: [Double] { all.withLock { $0.map { $0 / .seconds(1) } } }

    func record(_ pause: Duration) { all.withLock { $0.append(pause) } }
}

func client(
    _ address: String, _ pauses: Pauses = Pauses(), idle: Duration? = .seconds(30),
    retriesFirst: Bool = true
) throws -> DirectoryClient {
    var configuration = DirectoryClient.Configuration(server: try ServerAddress(address))
    configuration.reconnect.idleTimeout = idle
    configuration.reconnect.retriesFirstConnection = retriesFirst
    configuration.reconnect.jitter = { 1 }
    configuration.reconnect.pause = { pauses.record($0) }
    return DirectoryClient(configuration)
}

/// What a stream brings, as text, up to a number of items or its end.
func story(_ stream: EventStream, _ count: Int = .max) async throws -> [String] {
    var items: [String] = []
    for try await item in stream {
        switch item {
        case .connected: items.append("connected")
        case .event(let event):
            items.append("\(event.type) \(String(decoding: event.json, as: UTF8.self))")
        case .gap(let from, let to): items.append(from <= to ? "gap" : "no gap")
        case .reset(let reset): items.append("reset \(reset.cause)")
        case .dropped(let count): items.append("dropped \(count)")
        case .reconnecting(_, let reason): items.append("again: \(reason)")
        }
        if items.count == count { break }
    }
    return items
}

let opening = "retry: 3000\n: connected\n\n"

/// What a gateway without an event log sends to a client that comes back.
let historyOff = "event: reset\ndata: {\"cause\":\"history-off\"}\n\n"
