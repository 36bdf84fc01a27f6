internal import ArgumentParser
internal import DirectoryClient
internal import FoundationEssentials

/// Stores records.
struct Push: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Store records.",
        discussion: """
            Files that end with .ndjson or .jsonl have many records, one per line. Other files, and \
            standard input without --ndjson, have one.

            Examples:
              dirctl push examples/records/*.json
              jq -c . examples/records/*.json | dirctl push --ndjson
            """)

    @Argument(help: "Files with records.", completion: .file())
    var files: [String] = []

    @Flag(help: "Read from standard input.")
    var stdin = false

    @Flag(help: "The input has many records, one per line.")
    var ndjson = false

    @Flag(help: "Sign the stored records with the key of the gateway.")
    var sign = false

    @OptionGroup var format: FormatOptions
    @OptionGroup var options: ClientOptions

    /// Whether there may be several results.
    private var isList: Bool {
        files.count > 1 || ndjson || (stdin && !files.isEmpty)
            || files.contains { $0.hasSuffix(".ndjson") || $0.hasSuffix(".jsonl") }
    }

    func validate() throws {
        if files.isEmpty, !stdin, !ndjson { throw ValidationError("name files, or use --stdin") }
    }

    func run() async throws {
        let client = try options.client()
        let printer = PushPrinter(format: format.format(), isList: isList)
        do { try await pushAll(client, printer) } catch {
            // The records that were pushed before are printed too.
            try? printer.finish()
            throw error
        }
        try printer.finish()
    }

    private func pushAll(_ client: DirectoryClient, _ printer: PushPrinter) async throws {
        for file in files {
            if ndjson || file.hasSuffix(".ndjson") || file.hasSuffix(".jsonl") {
                try await Input.open(file) { try await pushLines(of: $0, client, printer) }
            } else {
                try await push(try Input.file(file), named: file, client, printer)
            }
        }
        if ndjson, stdin || files.isEmpty {
            try await pushLines(of: .standard, client, printer)
        } else if stdin {
            try await push(
                try Input.standard.all(), named: Input.standard.name, client, printer)
        }
    }

    private func push(
        _ json: Data, named name: String, _ client: DirectoryClient, _ printer: PushPrinter
    ) async throws {
        do throws(DirectoryClientError) {
            let result = try await client.push(json)
            if sign { _ = try await client.sign(result.cid) }
            printer.show(result)
        } catch {
            guard case .refused(let problem) = error, [400, 413, 422].contains(problem.status)
            else {
                throw error
            }
            // The other records may succeed.
            printer.fail("\(name): \(Exit.text(error))")
        }
    }

    private func pushLines(
        of input: Input, _ client: DirectoryClient, _ printer: PushPrinter
    ) async throws {
        for try await (line, result) in client.push(lines: InputLines(input: input)) {
            switch result {
            case .success(let pushed):
                if sign { _ = try await client.sign(pushed.cid) }
                printer.show(pushed)
            case .failure(let problem):
                printer.fail("\(input.name):\(line): \(Exit.text(.refused(problem)))")
            }
        }
    }
}
