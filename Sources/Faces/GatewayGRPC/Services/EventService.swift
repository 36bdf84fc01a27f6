internal import DirectoryMessages
internal import Events
internal import HTTPServer
internal import HTTPTypes
internal import SwiftProtobuf
internal import Text

extension GRPCMethods {
    /// `agntcy.dir.events.v1.EventService`
    static func events(itemLimit: Int) -> [GRPCMethod] {
        [
            .serverStream(
                "agntcy.dir.events.v1.EventService", "Listen", scope: .eventsRead,
                admission: .stream
            ) { (request: Agntcy_Dir_Events_V1_ListenRequest, call: GRPCCall) in
                let filter = try EventFilter(request, limit: itemLimit)
                let start = try await call.host.start(of: call)
                try call.host.subscribe(
                    call, filter: filter, from: start, wantsNotices: call.hints.contains(.notices),
                    fields: GRPCCall.streamFields, trailers: GRPCStatus.shutdown.fields)
            }
        ]
    }
}

extension GRPCCall {
    /// The fields of a response: those of all calls, and the types of events that are emitted here. A
    /// gateway in front of this one emits the others itself.
    fileprivate static let streamFields: HTTPFields = {
        var fields = GRPCCall.fields
        if let name = HTTPField.Name("directory-event-types") {
            fields[name] = EventType.allCases.map(\.shortName).joined(separator: ",")
        }
        return fields
    }()
}

extension EventFilter {
    /// The most bytes of one item: a label is compared at each place of each label of an event.
    private static let itemBytes = 256

    /// Reads the filter of a request. A type that does not exist matches nothing, as upstream.
    fileprivate init(_ request: Agntcy_Dir_Events_V1_ListenRequest, limit: Int) throws(GRPCStatus) {
        self.init(
            types: request.eventTypes.compactMap { EventType(rawValue: $0.rawValue) },
            // An empty text is in every label; every label begins with a slash.
            labels: request.labelFilters.map { $0.utf8.isEmpty ? "/" : $0 },
            cids: request.cidFilters)
        if types == nil, !request.eventTypes.isEmpty { types = EventTypeSet(rawValue: 0) }
        guard itemCount <= limit else {
            throw GRPCStatus(.invalidArgument, "the filter has more than \(limit) items")
        }
        guard (labels + cids).allSatisfy({ $0.utf8.count <= Self.itemBytes }) else {
            throw GRPCStatus(
                .invalidArgument, "an item of the filter is longer than \(Self.itemBytes) bytes")
        }
    }
}
