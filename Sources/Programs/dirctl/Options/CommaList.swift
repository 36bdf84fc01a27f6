/// Flags with several items: the flag is repeated, or commas separate the items.
enum CommaList {
    /// Returns the items, without the spaces around them and without empty ones.
    static func items(_ lists: [String]) -> [String] {
        lists.flatMap { $0.utf8.split(separator: UInt8(ascii: ",")) }.compactMap { item in
            guard let start = item.firstIndex(where: { $0 != 0x20 }),
                let last = item.lastIndex(where: { $0 != 0x20 })
            else { return nil }
            return String(decoding: item[start...last], as: UTF8.self)
        }
    }

    /// Refuses flags without an item: an empty variable of a script must not match everything.
    static func refuseEmpty(_ flags: [(name: String, lists: [String])]) throws {
        for flag in flags where !flag.lists.isEmpty && items(flag.lists).isEmpty {
            throw Exit.Failure(
                message: "\(flag.name) is empty: leave it out to match everything", code: .usage)
        }
    }
}
