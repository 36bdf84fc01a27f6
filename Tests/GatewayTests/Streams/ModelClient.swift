import Events
import Foundation
import Testing

/// A client of the model test, which comes back with the last id that it has. It checks what it reads
/// against the list of all that was published. One task at a time.
final class ModelClient: @unchecked Sendable {
    private let kind: StreamKind
    private let request: StreamRequest
    private let published: PublishedEvents
    private let labels: @Sendable (String) -> String
    /// Whether what it is told to have missed is exactly that, and not also what its filter would
    /// not have passed.
    private let countsExactly: Bool
    private let note: Comment

    private(set) var probe: StreamProbe?
    /// The place of the next event in the list that it has neither received nor missed.
    private var place = 0
    /// How many events it may have missed from there on, because it was told so.
    private var excuse = 0
    private var lastID: String?
    private var mustReset = false
    /// How much was published when it subscribed last.
    private var connectedAt = 0
    /// What it was told in all.
    private(set) var (events, dropped, resets) = (0, 0, 0)

    init(
        _ kind: StreamKind, _ request: StreamRequest, _ published: PublishedEvents,
        countsExactly: Bool, note: Comment, labels: @escaping @Sendable (String) -> String
    ) {
        (self.kind, self.request, self.published) = (kind, request, published)
        (self.countsExactly, self.note, self.labels) = (countsExactly, note, labels)
    }

    var isConnected: Bool { probe != nil }

    /// Subscribes, while nothing is being published.
    /// - Parameter hasHistory: whether the gateway keeps events.
    func connect(_ address: String, hasHistory: Bool) async throws {
        var request = request
        request.lastEventID = lastID
        connectedAt = published.count
        probe = try await StreamProbe(address, kind, request)
        excuse = 0
        mustReset = lastID != nil && !hasHistory
        if lastID == nil || mustReset { place = connectedAt }
    }

    /// Ends the connection with a reset, and forgets what has not been read.
    func disconnect() {
        probe?.reset()
        probe = nil
    }

    /// Reads while something has to come, at most a number of items.
    func read(atMost limit: Int = .max) async throws {
        var left = limit
        while left > 0, let probe, isOwed {
            guard let item = try await probe.next() else {
                Issue.record("\(kind): the stream ended; \(note)")
                self.probe = nil
                return
            }
            try await check(item)
            left -= 1
        }
    }

    /// Reads up to the end of the stream.
    func readToEnd() async throws {
        var last: ProbeItem?
        // The end is cut off when the client is too late for the time of the shutdown.
        while let item = try? await probe?.next() {
            try await check(item)
            last = item
        }
        if case .goodbye(nil)? = last {} else { Issue.record("\(kind): no goodbye; \(note)") }
        probe = nil
    }

    /// Whether an event, or the report that it was dropped, has not been read.
    private var isOwed: Bool { mustReset || missed(before: published.count) > excuse }

    /// How many events that match are between the place and another one.
    private func missed(before end: Int) -> Int {
        place < end ? published.slice(place..<end).count { matches($0.story) } : 0
    }

    private func check(_ item: ProbeItem) async throws {
        if mustReset, item.id != nil { Issue.record("\(kind): an event before the reset; \(note)") }
        switch item {
        case .event(let id, let story):
            guard let found = try await published.place(of: id) else {
                Issue.record("\(kind): \(id) was never published; \(note)")
                return
            }
            #expect(published.slice(found..<found + 1)[0].story == story, note)
            #expect(matches(story), "\(kind): \(story) does not match; \(note)")
            #expect(found >= place, "\(kind): \(story) comes twice or late; \(note)")
            let missed = missed(before: found)
            #expect(missed <= excuse, "\(kind): \(missed) missed, \(excuse) told; \(note)")
            if countsExactly { #expect(missed == excuse, "\(kind): as many as told; \(note)") }
            (place, excuse, lastID, events) = (found + 1, 0, id, events + 1)
        case .dropped(let count):
            excuse += count
            dropped += count
        case .reset:
            #expect(mustReset || !countsExactly, "\(kind): \(item); \(note)")
            resets += 1
            // What was published before it came back may be missing, and nothing after it.
            if !mustReset { place = max(place, connectedAt) }
            mustReset = false
        case .goodbye: break
        }
    }

    private func matches(_ story: String) -> Bool {
        let words = story.split(separator: " ").map(String.init)
        let (types, cids) = (request.types, request.cids)
        guard types.isEmpty || types.contains(where: { $0.shortName == words[0] }) else {
            return false
        }
        guard cids.isEmpty || cids.contains(words[1]) else { return false }
        guard !request.labels.isEmpty else { return true }
        guard words[0] != "RECORD_DELETED" else { return false }
        return request.labels.contains { labels(words[1]).contains($0) }
    }
}
