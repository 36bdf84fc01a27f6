internal import ArgumentParser
internal import DirectoryClient

/// Deletes records.
struct Delete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Delete records; succeeds also for a cid that is not stored.",
        discussion: """
            All names are looked up first: when one is unknown, nothing is deleted.

            Example:
              dirctl delete directory.example.org/campus/tutor:v1
            """)

    @OptionGroup var records: RecordArguments
    @OptionGroup var format: FormatOptions
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = try options.client()
        let all = try await records.cids(client)
        var deleted: [String] = []
        do {
            for cid in all {
                try await client.delete(cid)
                deleted.append(cid)
                if format.format() != .json { try show([cid]) }
            }
        } catch {
            if format.format() == .json { try show(deleted) }
            if all.count > 1 {
                Output.notice(
                    "\(deleted.count) of \(all.count) records were deleted before this error:")
            }
            throw error
        }
        if format.format() == .json { try show(deleted) }
    }

    private func show(_ cids: [String]) throws {
        try format.show(
            cids, human: { "Deleted record with CID: \($0)" }, raw: { $0 }, none: "")
    }
}
