internal import ArgumentParser
internal import DirectoryClient
internal import FoundationEssentials
internal import Records
internal import Text

/// Prints records.
struct Pull: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a record, or all versions of one.",
        discussion: """
            raw is exactly the canonical JSON of the cid; json is indented. Content that does not \
            match the cid is not printed. name[:version]@cid is refused when the cid is another record.

            Examples:
              dirctl pull example.org/tutor:v1 -o raw --output-file tutor.json
              dirctl pull example.org/tutor --all-versions --output-dir tutor
            """)

    @OptionGroup var argument: RecordArgument

    @Option(help: "Write to this file instead of standard output.", completion: .file())
    var outputFile: String?

    @Option(
        help: "Write a file CID.json for each record into this directory.",
        completion: .directory)
    var outputDir: String?

    @Flag(help: "All records of this name: json is an array then.") var allVersions = false
    @Option(help: "With --all-versions, the most records; 0 for all.") var limit = 100
    @Flag(help: "Print the signatures of the record too.") var signature = false
    @Flag(help: "Print the public keys of the signatures too.") var publicKey = false

    @OptionGroup var format: FormatOptions
    @OptionGroup var options: ClientOptions

    func validate() throws {
        if outputFile != nil, outputDir != nil {
            throw ValidationError("--output-file and --output-dir cannot be combined")
        }
        if limit < 0 { throw ValidationError("--limit must not be negative") }
    }

    func run() async throws {
        let client = try options.client()
        let format = format.format(or: .json)
        guard allVersions else {
            let cid = try await Reference.cid(argument.record, client)
            let content = try await content(cid, client)
            if let outputDir { return try write(content, cid, format, into: outputDir) }
            let bytes = Self.text(content, format)
            return try outputFile.map { try Output.file(bytes, to: $0) } ?? Output.bytes(bytes)
        }
        let found = try await Reference.versions(argument.record, client)
        let wanted = limit == 0 ? found[...] : found.prefix(limit)
        var elements: [[UInt8]] = []
        for record in wanted {
            let content = try await content(record.cid, client)
            if let outputDir {
                try write(content, record.cid, format, into: outputDir)
            } else {
                elements.append(content)
            }
        }
        if outputDir == nil {
            let bytes = Self.list(elements, format)
            try outputFile.map { try Output.file(bytes, to: $0) } ?? Output.bytes(bytes)
        }
        if wanted.count < found.count {
            Output.notice(
                "There are more versions; --limit (now \(limit)) sets how many are shown.")
        }
    }

    /// Returns the record, with what else is wanted.
    /// - Throws: `Exit.Failure` when the content does not match the cid.
    private func content(_ cid: String, _ client: DirectoryClient) async throws -> [UInt8] {
        let content = Array(try await client.pull(cid))
        guard CID.of(content).hasBytes(of: cid) else {
            throw Exit.Failure(
                message:
                    "the content does not match the cid \(cid), and is not printed")
        }
        guard signature || publicKey else { return content }
        let signatures = try await client.signatures(of: cid)
        var bytes = Array("{\"record\":{\"data\":".utf8) + content + Array("}".utf8)
        if publicKey {
            let keys = Set(signatures.map { ExactString($0.publicKey) }).sorted()
            let json = JSON.array(keys.map { ["key": .string($0.string)] })
            bytes += Array(",\"publicKeys\":".utf8) + json.line
        }
        if signature {
            let json = JSON.array(
                signatures.map {
                    [
                        "signature": .string($0.signature), "algorithm": .string($0.algorithm),
                        "signedAt": .string($0.signedAt),
                    ]
                })
            bytes += Array(",\"signatures\":".utf8) + json.line
        }
        return bytes + Array("}".utf8)
    }

    private func write(
        _ content: [UInt8], _ cid: String, _ format: Format, into folder: String
    ) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        } catch { throw Exit.Failure(message: "the directory \(folder) cannot be made") }
        let path = "\(folder)/\(cid).json"
        try Output.file(Self.text(content, format), to: path)
        Output.notice("Wrote \(path)")
    }

    private static func text(_ content: [UInt8], _ format: Format) -> [UInt8] {
        switch format {
        case .raw: content
        case .jsonl: content + [0x0A]
        case .json, .human: JSONText.indented(content) + [0x0A]
        }
    }

    private static func list(_ elements: [[UInt8]], _ format: Format) -> [UInt8] {
        guard format == .json else { return elements.flatMap { text($0, format) } }
        let array = [UInt8](elements.joined(separator: [UInt8(ascii: ",")]))
        return JSONText.indented([UInt8(ascii: "[")] + array + [UInt8(ascii: "]")]) + [0x0A]
    }
}
