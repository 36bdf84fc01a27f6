import Logging
import Synchronization

/// What a gateway has published, in its order, as its log says it
/// (`events.log_published_events`).
final class PublishedEvents: Sendable {
    struct Entry: Sendable {
        let id: String
        /// The short type and the resource.
        let story: String
    }

    private let state = Mutex((entries: [Entry](), places: [String: Int]()))

    /// A logger for the gateway.
    var logger: Logger {
        Logger(label: "published") { _ in
            ClosureLogHandler { event, _ in
                guard event.message.description == "event", let facts = event.metadata else {
                    return
                }
                let fact = { facts[$0]?.description ?? "" }
                self.append(Entry(id: fact("id"), story: "\(fact("type")) \(fact("resource"))"))
            }
        }
    }
    /// All of them.
    var all: [Entry] { state.withLock(\.entries) }
    /// How many there are.
    var count: Int { state.withLock(\.entries.count) }

    /// The place of an event in the list. A client may have an event just before the log has it.
    func place(of id: String) async throws -> Int? {
        for _ in 0..<2000 {
            if let place = state.withLock({ $0.places[id] }) { return place }
            try await Task.sleep(for: .milliseconds(1))
        }
        return nil
    }

    /// The entries from a place to another one.
    func slice(_ range: Range<Int>) -> [Entry] { state.withLock { Array($0.entries[range]) } }

    private func append(_ entry: Entry) {
        state.withLock {
            $0.places[entry.id] = $0.entries.count
            $0.entries.append(entry)
        }
    }
}
