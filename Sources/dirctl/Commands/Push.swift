internal import ArgumentParser
internal import DirectoryClient
internal import FoundationEssentials
internal import Glibc

/// Stores records.
struct Push: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Store records.",
        discussion: """
            Files with the ending .ndjson or .jsonl hold many records, one a line; other files, and \
            standard input without --ndjson, hold one.
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
                let descriptor = try Input.descriptor(file)
                defer { close(descriptor) }
                try await pushLines(of: descriptor, named: file, client, printer)
            } else {
                try await push(try Input.file(file), named: file, client, printer)
            }
        }
        if ndjson, stdin || files.isEmpty {
            try await pushLines(of: STDIN_FILENO, named: "standard input", client, printer)
        } else if stdin {
            try await push(Input.all(), named: "standard input", client, printer)
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
        of descriptor: Int32, named name: String, _ client: DirectoryClient,
        _ printer: PushPrinter
    ) async throws {
        for try await (line, result) in client.push(lines: FileLines(descriptor: descriptor)) {
            switch result {
            case .success(let pushed):
                if sign { _ = try await client.sign(pushed.cid) }
                printer.show(pushed)
            case .failure(let problem):
                printer.fail("\(name):\(line): \(Exit.words(.refused(problem)))")
            }
        }
    }
}

/// Prints what became of pushed records.
private final class PushPrinter {
    private struct Row: Encodable {
        let cid: String
        let new: Bool
    }

    private let format: Format
    private let isList: Bool
    private var rows: [Row] = []
    private var done = 0
    private var failed = 0

    init(format: Format, isList: Bool) {
        self.format = format
        self.isList = isList
    }

    func show(_ result: PushResult) {
        done += 1
        let row = Row(cid: result.cid, new: result.isNew)
        switch format {
        case .human: Output.line("Pushed record with CID: \(result.cid)")
        case .raw: Output.line(result.cid)
        case .jsonl: Output.line(#"{"cid":"\#(row.cid)","new":\#(row.new)}"#)
        case .json: rows.append(row)
        }
        count()
    }

    func fail(_ text: String) {
        failed += 1
        Output.progress("")
        Output.notice("Error: \(text)")
    }

    /// How far it is, where data goes elsewhere and somebody watches.
    private func count() {
        guard isList, !Output.isTerminal(STDOUT_FILENO), done.isMultiple(of: 100) else { return }
        Output.progress("\(done) records pushed, \(failed) refused")
    }

    func finish() throws {
        if format == .json {
            let encoder = JSONEncoder()
            let data =
                isList ? try encoder.encode(rows) : try rows.first.map { try encoder.encode($0) }
            if let data { Output.line(JSONText.indented(Array(data))) }
        }
        Output.progress("")
        if isList { Output.notice("\(done) records pushed, \(failed) refused") }
        if failed > 0 { throw Exit.Silently(code: .refused) }
    }
}

/// The lines of a file, read as they are asked for.
struct FileLines: AsyncSequence, Sendable {
    let descriptor: Int32

    func makeAsyncIterator() -> Iterator { Iterator(descriptor: descriptor) }

    struct Iterator: AsyncIteratorProtocol {
        let descriptor: Int32
        private var rest: [UInt8] = []
        private var start = 0
        private var isOver = false

        init(descriptor: Int32) { self.descriptor = descriptor }

        mutating func next() async -> [UInt8]? {
            while true {
                if let end = rest[start...].firstIndex(of: 0x0A) {
                    defer { start = end + 1 }
                    return Array(rest[start..<end])
                }
                rest.removeFirst(start)
                start = 0
                guard !isOver else {
                    defer { rest = [] }
                    return rest.isEmpty ? nil : rest
                }
                if let part = Input.more(descriptor) { rest += part } else { isOver = true }
            }
        }
    }
}
