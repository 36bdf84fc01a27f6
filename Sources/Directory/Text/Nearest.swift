/// Returns the known name that is most similar to a mistyped one; nil when none is similar.
///
/// A name of more than 64 bytes is similar to none, so the cost does not grow with the request.
public func nearest(to name: String, in known: [String]) -> String? {
    guard name.utf8.count <= 64 else { return nil }
    let typed = name.utf8.map(ASCII.lowercased)
    let limit = typed.count < 4 ? 1 : max(2, typed.count / 3)
    var best: (name: String, distance: Int)?
    for candidate in known {
        let distance = editDistance(typed, candidate.utf8.prefix(64).map(ASCII.lowercased))
        if distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    if let best, best.distance <= limit { return best.name }
    return known.first { typed.count >= 3 && $0.hasBytePrefix(name) }
}

/// Returns the words that name the known name that is most similar to a mistyped one, such as
/// `, did you mean labels?`; nil if none is similar.
/// - Parameter spelling: how a known name is written in the message.
public func suggestion(
    for name: String, in known: [String], spelling: (String) -> String = { $0 }
) -> String? {
    nearest(to: name, in: known).map { ", did you mean \(spelling($0))?" }
}

/// Returns the number of single-byte changes between two texts (Levenshtein).
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
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
