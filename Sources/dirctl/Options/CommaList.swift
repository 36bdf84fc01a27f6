/// Flags that take several items: the flag is repeated, or commas separate them.
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
}
