internal import ArgumentParser
internal import DirectoryClient
internal import FoundationEssentials

/// Stores records.
struct Push: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Store records.",
        discussion: """
            Files with the ending .ndjson or .jsonl hold many records, one a line; other files, and \
            standard input without --ndjson, hold one.

            Examples:
              dirctl push examples/records/*.json
              jq -c . examples/records/*.json | dirctl push --ndjson
            """)

    @Argument(help: "Files with records.", completion: .file())
    var files: [String] = []

    @Flag(help: "Read from standard input.")
    var stdin = false

    @Flag(help: "The input holds many records, one a line.")
    var ndjson = false

    @Flag(help: "Have the gateway sign what is stored.")
    var sign = false

    @OptionGroup var format: FormatOptions
    @OptionGroup var options: ClientOptions

    /// Whether there may be more results than one.
    private var isList: Bool {
        files.count > 1 || ndjson || (stdin && !files.isEmpty)
            || files.contains { $0.hasSuffix(".ndjson") || $0.hasSuffix(".jsonl") }
    }

    func validate() throws {
        if files.isEmpty, !stdin, !ndjson { throw ValidationError("give files, or --stdin") }
    }

    func run() async throws {
        let client = try options.client()
        let printer = PushPrinter(format: format.format(), isList: isList)
        do { try await pushAll(client, printer) } catch {
            // What was pushed by then is told all the same.
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
            // The others may be better.
            printer.fail("\(name): \(Exit.words(error))")
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
                printer.fail("\(input.name):\(line): \(Exit.words(.refused(problem)))")
            }
        }
    }
}
