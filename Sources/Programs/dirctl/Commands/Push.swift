internal import ArgumentParser
internal import DirectoryClient
internal import FoundationEssentials
internal import Glibc
internal import Text

/// Stores records.
struct Push: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Store records.",
        discussion: """
            Files that end with .ndjson or .jsonl have many records, one per line. Other files have \
            one. Without files, or for the file -, standard input is read: one record, or one per line.

            Examples:
              dirctl push examples/records/*.json
              jq -c . examples/records/*.json | dirctl push
              dirctl push tutor.json --sign --key cosign.key
            """)

    @Argument(help: "Files with records; - is standard input.", completion: .file())
    var files: [String] = []

    @Flag(help: "Read from standard input.")
    var stdin = false

    @Flag(help: "The input has many records, one per line. Standard input is then not read whole.")
    var ndjson = false

    @Flag(help: "Sign the stored records, with the key of the gateway or with --key.")
    var sign = false

    @OptionGroup var signing: SigningOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var options: ClientOptions

    /// Whether standard input is read.
    private var readsStandardInput: Bool {
        stdin || ndjson && files.isEmpty || files.contains("-")
            || files.isEmpty && !Output.isTerminal(STDIN_FILENO)
    }

    private var named: [String] { files.filter { $0 != "-" } }

    private static func hasLines(_ file: String) -> Bool {
        file.hasByteSuffix(".ndjson") || file.hasByteSuffix(".jsonl")
    }

    func validate() throws {
        if files.isEmpty, !readsStandardInput {
            throw ValidationError("name files, or pipe a record into this command")
        }
    }

    func run() async throws {
        let signer = sign ? try signing.signer(options) : nil
        if !sign, signing.isUsed {
            throw ValidationError("the flags of a signature need --sign")
        }
        let client = try options.client()
        let isList =
            named.count > 1 || ndjson || (readsStandardInput && !named.isEmpty)
            || named.contains(where: Self.hasLines)
        let printer = PushPrinter(format: format.format(), isList: isList)
        if !ndjson, !readsStandardInput, !named.contains(where: Self.hasLines) {
            printer.total = named.count
        }
        do { try await pushAll(client, signer, printer) } catch {
            // The records that were pushed before are printed too.
            try? printer.finish()
            throw error
        }
        try printer.finish()
    }

    private func pushAll(
        _ client: DirectoryClient, _ signer: Signer?, _ printer: PushPrinter
    ) async throws {
        for file in named {
            if ndjson || Self.hasLines(file) {
                try await Input.open(file) { input in
                    try await push(
                        InputLines(input: input), of: input.name, client, signer, printer)
                }
            } else {
                try await push(try Input.file(file), named: file, client, signer, printer)
            }
        }
        guard readsStandardInput else { return }
        let input = Input.standard
        if ndjson {
            return try await push(
                InputLines(input: input), of: input.name, client, signer, printer)
        }
        let data = try input.all()
        guard let lines = Self.lines(data) else {
            return try await push(data, named: input.name, client, signer, printer)
        }
        printer.isList = true
        if named.isEmpty { printer.total = lines.count { !$0.isEmpty } }
        let source = AsyncStream { continuation in
            for line in lines { continuation.yield(line) }
            continuation.finish()
        }
        try await push(source, of: input.name, client, signer, printer)
    }

    /// Returns the lines of an input with one record per line; nil for one record.
    private static func lines(_ data: Data) -> [[UInt8]]? {
        let lines = data.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
            [UInt8](line).last == 0x0D ? [UInt8](line.dropLast()) : [UInt8](line)
        }
        let records = lines.lazy.filter { !$0.allSatisfy(ASCII.isSpace) }
        guard records.prefix(2).count == 2, let first = records.first,
            (try? JSONParser.parse(first)) != nil
        else { return nil }
        return lines
    }

    private func push(
        _ json: Data, named name: String, _ client: DirectoryClient, _ signer: Signer?,
        _ printer: PushPrinter
    ) async throws {
        let result: PushResult
        do throws(DirectoryClientError) { result = try await client.push(json) } catch {
            guard case .refused(let problem) = error, [400, 413, 422].contains(problem.status)
            else {
                throw error
            }
            // The other records may succeed.
            return printer.fail("\(name): \(Exit.text(error))")
        }
        _ = try await signer?.sign(result.cid, client)
        printer.show(result)
    }

    private func push<Lines: AsyncSequence & Sendable>(
        _ lines: Lines, of name: String, _ client: DirectoryClient, _ signer: Signer?,
        _ printer: PushPrinter
    ) async throws where Lines.Element == [UInt8] {
        for try await (line, result) in client.push(lines: lines) {
            switch result {
            case .success(let pushed):
                _ = try await signer?.sign(pushed.cid, client)
                printer.show(pushed)
            case .failure(let problem):
                printer.fail("\(name):\(line): \(Exit.text(.refused(problem)))")
            }
        }
    }
}
