internal import ArgumentParser
internal import FoundationEssentials

/// How data is printed.
enum Format: String, ExpressibleByArgument, CaseIterable {
    /// For people.
    case human
    /// JSON, indented.
    case json
    /// JSON, one value a line.
    case jsonl
    /// The bare value: a cid, an id, the record's bytes.
    case raw
}

/// The flags that say how data is printed.
struct FormatOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "human, json, jsonl or raw.")
    var output: Format?

    @Flag(help: "The same as -o json.")
    var json = false

    func validate() throws {
        if json, let output, output != .json {
            throw ValidationError("--json and -o \(output.rawValue) cannot both be")
        }
    }

    /// - Parameter standard: what the command prints when nobody says.
    func format(or standard: Format = .human) -> Format { json ? .json : output ?? standard }

    /// Prints a list of values.
    func show<T: Encodable>(
        _ values: [T], human: (T) -> String, raw: (T) -> String, none: String
    ) throws {
        switch format() {
        case .human:
            if values.isEmpty { Output.notice(none) }
            for value in values { Output.line(human(value)) }
        case .raw: for value in values { Output.line(raw(value)) }
        case .jsonl:
            for value in values { try Output.line(String(decoding: encode(value), as: UTF8.self)) }
        case .json: Output.line(JSONText.indented(Array(try encode(values))))
        }
    }

    /// Prints one value.
    func show(_ value: some Encodable, human: String, raw: String) throws {
        switch format() {
        case .human: Output.line(human)
        case .raw: Output.line(raw)
        case .jsonl: Output.line(String(decoding: try encode(value), as: UTF8.self))
        case .json: Output.line(JSONText.indented(Array(try encode(value))))
        }
    }

    private func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }
}
