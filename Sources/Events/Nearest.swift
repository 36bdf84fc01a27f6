/// The known name that a mistyped one was probably meant to be.
/// - Returns: nil when none is near.
public func nearest(to name: String, in known: [String]) -> String? {
    let limit = name.count < 4 ? 1 : max(2, name.count / 3)
    let ranked = known.map { (name: $0, distance: editDistance(name, $0)) }
    guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
    if best.distance <= limit { return best.name }
    return known.first { $0.hasPrefix(name) && name.count >= 3 }
}

/// How many single-character changes lead from one text to the other (Levenshtein).
private func editDistance(_ a: String, _ b: String) -> Int {
    let a = Array(a.lowercased().prefix(64))
    let b = Array(b.lowercased().prefix(64))
    var row = Array(0...b.count)
    for (i, left) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, right) in b.enumerated() {
            let change = diagonal + (left == right ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(change, row[j] + 1, row[j + 1] + 1)
        }
    }
    return row[b.count]
}
