// Follows the events of a gateway through restarts and losses.
//
// The library reconnects by itself. Package: the product DirectoryClient.

import DirectoryClient
import Events

/// Calls `handle` for each event, in order, and `compare` with the cids of all stored records when
/// events are missing. Returns when the task is cancelled.
/// - Throws: `DirectoryClientError` when to try again would not help.
func listen(
    to server: String, handle: (Event) async -> Void, compare: ([String]) async -> Void
) async throws {
    let client = try DirectoryClient(server)
    let filter = EventFilter(types: [.recordPushed, .recordDeleted])
    for try await item in client.stream(filter) {
        switch item {
        case .event(let received):
            // Nil for a type that this version of the library does not know.
            if let event = received.decoded() { await handle(event) }
        case .dropped, .gap:
            await compare(try await storedRecords(client))
        default: break
        }
    }
}

private func storedRecords(_ client: DirectoryClient) async throws -> [String] {
    var cids: [String] = []
    var after: String?
    repeat {
        let page = try await client.records(limit: 1000, after: after)
        cids += page.records.map(\.cid)
        after = page.next
    } while after != nil
    return cids
}
