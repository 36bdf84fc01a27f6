internal import DirectoryClient
internal import Events
internal import FoundationEssentials
internal import Text

/// Prints events, and marks where some are missing.
final class EventPrinter {
    private let format: Format
    private let isWide: Bool
    /// Whether the events are the elements of one array in the format `json`.
    private let isArray: Bool
    private var isFirst = true

    init(format: Format, isWide: Bool, isArray: Bool = false) {
        self.format = format
        self.isWide = isWide
        self.isArray = isArray && format == .json
    }

    /// Returns the time, microseconds since 1970.
    static func now() -> Int64 { Int64(Date().timeIntervalSince1970 * 1e6) }

    func show(_ received: ReceivedEvent) {
        switch format {
        case .jsonl: Output.jsonLine(received.json)
        case .json: showJSON(received.json)
        case .raw:
            if let event = received.decoded() { Output.line(Output.printable(event.resourceID)) }
        case .human:
            if let event = received.decoded() {
                Output.line(human(event))
            } else {
                // A type of a newer gateway is printed as it is.
                Output.line(
                    Output.printable(
                        "\(received.type): \(String(decoding: received.json, as: UTF8.self))"))
            }
        }
    }

    /// Ends the array.
    func finish() {
        if isArray { Output.line(isFirst ? "[]" : "\n]") }
    }

    /// Prints that events were dropped, so that a file of JSON marks each gap. People read it on
    /// standard error.
    func showLoss(of count: Int) {
        mark(["dropped": .number(count), "at": .string(Timestamp.format(Self.now()))])
    }

    /// Prints the times between which nothing could be received, microseconds since 1970.
    func showGap(from: Int64, to: Int64) {
        mark([
            "disconnected": [
                "from": .string(Timestamp.format(from)), "to": .string(Timestamp.format(to)),
            ]
        ])
    }

    /// Prints that what was missed is not known.
    func show(_ reset: StreamReset) {
        var members: [(String, JSON)] = [("cause", .string(reset.cause))]
        if let oldest = reset.oldestID { members.append(("oldest_id", .string(oldest))) }
        mark(["reset": .object(members), "at": .string(Timestamp.format(Self.now()))])
    }

    /// Returns the words for a reset.
    static func sentence(_ reset: StreamReset) -> String {
        let missing = "Events may be missing here"
        if reset.cause.hasBytes(of: "history-off") {
            return "\(missing): the gateway keeps no event log (events.history.max_events)."
        }
        if reset.cause.hasBytes(of: "evicted") {
            return "\(missing): the gateway no longer keeps events that are as old."
        }
        if reset.cause.hasBytes(of: "unknown-id") {
            return "\(missing): the gateway does not know the last event."
        }
        if reset.cause.hasBytes(of: "upstream-lost") {
            return "\(missing): the Directory behind the gateway was away."
        }
        return "\(missing) (\(Output.printable(reset.cause)))."
    }

    private func mark(_ json: JSON) {
        switch format {
        case .jsonl: Output.json(json.line)
        case .json where isArray: showJSON(json.line)
        case .json: Output.json(json.line)
        case .human, .raw: break
        }
    }

    private func showJSON(_ json: [UInt8]) {
        guard isArray else { return Output.json(JSONText.indented(json)) }
        Output.bytes(Array((isFirst ? "[\n" : ",\n").utf8) + JSONText.indented(json))
        isFirst = false
    }

    private func human(_ event: Event) -> String {
        let time = Timestamp.format(event.timestamp).dropFirst(11).prefix(8)
        let (type, number) = (event.type.shortName, event.type == .syncFailed ? 31 : 36)
        var line = "[\(time)] \(Output.colour(type, number)): \(Output.printable(event.resourceID))"
        if !event.labels.isEmpty {
            line += " (labels: \(LabelText.line(event.labels, isWide: isWide)))"
        }
        if !event.metadata.isEmpty {
            let members = event.metadata.map {
                "\(Output.printable(Output.quoted($0.key))):\(Output.printable(Output.quoted($0.value)))"
            }
            line += " {\(members.joined(separator: ","))}"
        }
        return line
    }
}
