// Usage: bench-log DIRECTORY COUNT NEWEST
//
// Makes a store whose event log has COUNT events, by the gateway's own code. Prints the id of the event
// before the NEWEST last ones.

internal import Directory
internal import Events
internal import FoundationEssentials
internal import Glibc
internal import Synchronization

/// Remembers the id of one event of those that are published.
final class Watcher: EventSink {
    private let state: Mutex<(left: Int, id: EventID?)>

    init(number: Int) { state = Mutex((number, nil)) }

    var id: EventID? { state.withLock(\.id) }

    func publish(_ events: [Event]) {
        state.withLock { state in
            if (1...events.count).contains(state.left) { state.id = events[state.left - 1].id }
            state.left -= events.count
        }
    }
}

let words = CommandLine.arguments
guard words.count == 4, let count = Int(words[2]), let newest = Int(words[3]), count > newest else {
    print("usage: bench-log DIRECTORY COUNT NEWEST")
    exit(64)
}
let watcher = Watcher(number: count - newest)
let store = try Store(
    path: words[1], events: watcher,
    now: { Int64(Date.now.timeIntervalSince1970 * 1e6) }, history: EventLogPolicy(maxEvents: count))
let batch = 5_000
for first in stride(from: 0, to: count, by: batch) {
    await store.announce(
        (first..<min(first + batch, count)).map { number in
            EventDraft(
                .recordPushed, "bench-\(number)",
                labels: ["/skills/natural_language_processing/text_completion"])
        })
}
store.close()
print(watcher.id?.description ?? "")
