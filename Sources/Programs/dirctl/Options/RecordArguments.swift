internal import ArgumentParser
internal import DirectoryClient

/// The records that a command is about.
struct RecordArguments: ParsableArguments {
    @Argument(help: "The records: cids, or name[:version].")
    var records: [String] = []

    @Flag(help: "Read more of them from standard input, separated by spaces or line ends.")
    var stdin = false

    /// Reads what was named.
    func named() throws -> [String] { records + (stdin ? try Input.standard.words() : []) }

    /// Finds the cids of all that was named, before anything is done to one of them.
    /// - Throws: when nothing was named, or something that is not there.
    func cids(_ client: DirectoryClient) async throws -> [String] {
        let named = try named()
        guard !named.isEmpty else {
            throw ValidationError("no record is given: name cids, or name[:version]")
        }
        return try await Reference.cids(named, client)
    }
}
