internal import ArgumentParser
internal import FoundationEssentials

/// The formats of data.
enum Format: String, ExpressibleByArgument, CaseIterable {
    /// For people.
    case human
    /// JSON, indented.
    case json
    /// JSON, one value per line.
    case jsonl
    /// The bare value: a cid, an id, the record's bytes.
    case raw
}

/// The flags for the format of data.
struct FormatOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "human, json, jsonl or raw.")
    var output: Format?

    @Flag(help: "The same as -o json.")
    var json = false

    func validate() throws {
        if json, let output, output != .json {
            throw ValidationError("--json and -o \(output.rawValue) cannot be combined")
        }
    }

    /// - Parameter standard: the format without a flag.
    func format(or standard: Format = .human) -> Format { json ? .json : output ?? standard }

    /// Prints a list of values.
    func show<T: Encodable>(
        _ values: [T], human: (T) -> String, raw: (T) -> String, none: String
    ) throws {
        switch format() {
        case .human:
            if values.isEmpty { Output.notice(none) }
            for value in values { Output.line(Output.printable(human(value), keepsLines: true)) }
        case .raw: for value in values { Output.line(Output.printable(raw(value))) }
        case .jsonl: for value in values { Output.json(try encode(value)) }
        case .json: Output.json(JSONText.indented(try encode(values)))
        }
    }

    /// Prints one value.
    func show(_ value: some Encodable, human: String, raw: String) throws {
        switch format() {
        case .human: Output.line(Output.printable(human, keepsLines: true))
        case .raw: Output.line(Output.printable(raw))
        case .jsonl: Output.json(try encode(value))
        case .json: Output.json(JSONText.indented(try encode(value)))
        }
    }

    private func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }
}
