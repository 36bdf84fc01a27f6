internal import DirectoryClient
internal import Events
internal import Text

/// Prints events, and marks where some are missing.
struct EventPrinter {
    let format: Format

    func show(_ received: ReceivedEvent) {
        switch format {
        case .jsonl: Output.jsonLine(received.json)
        case .json: Output.json(JSONText.indented(received.json))
        case .raw:
            if let event = received.decoded() { Output.line(Output.printable(event.resourceID)) }
        case .human:
            if let event = received.decoded() {
                Output.line(Self.human(event))
            } else {
                // A type of a newer gateway is printed as it is.
                Output.line(
                    Output.printable(
                        "\(received.type): \(String(decoding: received.json, as: UTF8.self))"))
            }
        }
    }

    /// Prints that events were dropped, so that a file of JSON marks each gap. People read it on
    /// standard error.
    func showLoss(of count: Int) { mark(#"{"dropped":\#(count)}"#) }

    /// Prints the times between which nothing could be received, microseconds since 1970.
    func showGap(from: Int64, to: Int64) {
        let (from, to) = (Timestamp.format(from), Timestamp.format(to))
        mark(#"{"disconnected":{"from":"\#(from)","to":"\#(to)"}}"#)
    }

    private func mark(_ json: String) {
        switch format {
        case .json, .jsonl: Output.line(json)
        case .human, .raw: break
        }
    }

    private static func human(_ event: Event) -> String {
        let time = Timestamp.format(event.timestamp).dropFirst(11).prefix(8)
        let (type, number) = (event.type.shortName, event.type == .syncFailed ? 31 : 36)
        var line = "[\(time)] \(Output.colour(type, number)): \(Output.printable(event.resourceID))"
        if !event.labels.isEmpty {
            line +=
                " (labels: \(event.labels.map { Output.printable($0) }.joined(separator: ", ")))"
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
