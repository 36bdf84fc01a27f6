internal import ArgumentParser
internal import DirectoryClient

/// The records of a command.
struct RecordArguments: ParsableArguments {
    @Argument(
        help: "The records: cids, or name[:version].",
        completion: .custom { words, _, prefix in await Completion.records(words, prefix) })
    var records: [String] = []

    @Flag(help: "Read more records from standard input, separated by spaces or line ends.")
    var stdin = false

    /// Returns the named records.
    func named() throws -> [String] { records + (stdin ? try Input.standard.words() : []) }

    /// Finds the cids of all named records, before the command changes one of them.
    /// - Throws: when no record is named, or one is not stored.
    func cids(_ client: DirectoryClient) async throws -> [String] {
        let named = try named()
        guard !named.isEmpty else {
            throw ValidationError("no record is named: use cids, or name[:version]")
        }
        return try await Reference.cids(named, client)
    }
}

/// The record of a command.
struct RecordArgument: ParsableArguments {
    @Argument(
        help: "A cid, or name[:version].",
        completion: .custom { words, _, prefix in await Completion.records(words, prefix) })
    var record: String
}
