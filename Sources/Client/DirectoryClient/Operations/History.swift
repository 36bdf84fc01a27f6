public import Events
internal import FoundationEssentials
internal import NIOHTTP1
internal import Text

/// A page of the event log.
public struct HistoryPage: Sendable {
    /// The events, oldest first.
    public let events: [ReceivedEvent]
    /// Where the next page begins; nil on the last page.
    public let next: String?
    /// Set when the events before this page are not known.
    public let reset: StreamReset?
}

extension DirectoryClient {
    /// Returns a page of the event log, oldest first.
    /// - Parameters:
    ///   - start: where the first page begins; `.now` begins with the oldest event that is kept.
    ///   - limit: the most events in the page, up to 1000.
    ///   - after: `next` of the previous page; nil for the first.
    /// - Throws: `DirectoryClientError`; `.refused` with the kind `history-off` when the gateway keeps
    ///   no event log.
    public func history(
        _ filter: EventFilter = .all, from start: StreamStart = .now, limit: Int = 100,
        after: String? = nil
    ) async throws(DirectoryClientError) -> HistoryPage {
        var query = filter.query + [("limit", String(limit))]
        if let after {
            query.append(("after", after))
        } else if case .after(let id) = start {
            query.append(("after", id))
        } else {
            query += start.fields(elapsed: .zero).query
        }
        var request = ClientRequest(.GET, "/events/history", query: query)
        request.accept = "application/x-ndjson"
        let body = try await response(to: request).body
        var (events, next, reset): ([ReceivedEvent], String?, StreamReset?) = ([], nil, nil)
        for line in body.split(separator: 0x0A) {
            guard let row = try? ServerJSON.decode(Row.self, from: Data(line)) else {
                throw .notAGateway(
                    configuration.server, reason: "its response is not the expected document")
            }
            if let id = row.id, let type = row.type {
                events.append(
                    ReceivedEvent(id: id, type: Self.short(type), json: [UInt8](line)))
            }
            next = row.next ?? next
            if let found = row.reset {
                reset = StreamReset(cause: found.cause, oldestID: found.oldest_id)
            }
        }
        return HistoryPage(events: events, next: next, reset: reset)
    }

    /// Returns the short form of the name of a type.
    private static func short(_ type: String) -> String {
        let prefix = "EVENT_TYPE_"
        guard type.hasBytePrefix(prefix) else { return type }
        return String(decoding: type.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
    }

    /// A line: an event, or a part of the page.
    private struct Row: Decodable {
        let id: String?
        let type: String?
        let next: String?
        let reset: Reset?

        struct Reset: Decodable {
            let cause: String
            let oldest_id: String?
        }
    }
}

extension EventFilter {
    /// The parameters of a request. Each item is a parameter of its own; the gateway splits an item
    /// that has a comma.
    var query: [(String, String)] {
        (types?.types ?? []).map { ("types", $0.shortName) } + labels.map { ("labels", $0) }
            + cids.map { ("cids", $0) }
    }
}
