import Events
import Text

@testable import Gateway

/// Checks percent-coding, and that a query and the filter in it are read as they are written.
func checkQuery(_ input: [UInt8]) throws {
    let given = text(input)
    try checkCoding(given)
    guard let query = try? Query(given) else { return }
    let names: [ExactString] = ["types", "labels", "cids", "label", "name", "limit", "after"]
    for name in names {
        for item in query.list(name) {
            try require(!item.utf8.isEmpty, "an empty item of \(name)")
            try require(!item.utf8.contains(UInt8(ascii: ",")), "an item with a comma: \(item)")
        }
        if let value = try? query.single(name) {
            try require(query.values(name).hasBytes(of: [value]), "another value of \(name)")
        }
    }
    if let limit = try? query.limit() {
        try require((1...1000).contains(limit), "limit \(limit)")
    }
    try? query.allowOnly(names.map(\.string))
    try checkFilter(query)
}

private func checkCoding(_ given: String) throws {
    let encoded = PercentCoding.encode(given)
    try require(encoded.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "not a URI: \(encoded)")
    let decoded = try? PercentCoding.decode(encoded.utf8)
    try require(decoded?.hasBytes(of: given) == true, "\(encoded) is decoded to something else")
    // What is decoded strictly, is decoded leniently to the same.
    if let decoded = try? PercentCoding.decode(given.utf8) {
        try require(
            PercentCoding.lenientlyDecoded(given).hasBytes(of: decoded), "two ways to decode")
    }
}

private func checkFilter(_ query: Query) throws {
    let limit = 16
    guard
        let filter = try? EventFilter(
            types: query.values("types"), labels: query.values("labels"),
            cids: query.values("cids"), limit: limit)
    else { return }
    try require(filter.itemCount <= limit, "\(filter.itemCount) items")
    for items in [filter.labels, filter.cids] {
        for (first, second) in zip(items, items.dropFirst()) {
            try require(
                first.utf8.lexicographicallyPrecedes(second.utf8), "\(second) after \(first)")
        }
    }
    let again = try? EventFilter(
        types: filter.types?.types.map(\.longName) ?? [],
        labels: filter.labels, cids: filter.cids, limit: limit)
    try require(again == filter, "a filter that is not read as it is written: \(filter)")
}
