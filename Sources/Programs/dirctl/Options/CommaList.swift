internal import Text

/// Flags with several items: the flag is repeated, or commas separate the items.
enum CommaList {
    /// Refuses flags without an item: an empty variable of a script must not match everything.
    static func refuseEmpty(_ flags: [(name: String, lists: [String])]) throws {
        for flag in flags where !flag.lists.isEmpty && flag.lists.commaSeparated.isEmpty {
            throw Exit.Failure(
                message: "\(flag.name) is empty: leave it out to match everything", code: .usage)
        }
    }
}
