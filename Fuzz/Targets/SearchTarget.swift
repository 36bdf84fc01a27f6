import Text

/// Checks the fast searches against plain ones. The last line of the input is the text that is
/// searched, the others are what is looked for.
func checkSearch(_ input: [UInt8]) throws {
    var needles = fields(input, limit: 12)
    let text = needles.removeLast()
    // What is plain is slow.
    let isShort = input.count <= 2000
    var occurs = false
    for needle in needles {
        let found = ByteSearch(needle).occurs(in: text)
        // A match costs up to the product of both lengths; patterns are short.
        let fits = needle.utf8.count <= 200 && Wildcard(needle).matches(text)
        guard isShort else { continue }
        try require(found == isPart(needle, of: text), "\(needle) in \(text): \(found)")
        try require(
            fits == (needle.utf8.count <= 200 && matches(needle, text)),
            "the pattern \(needle) for \(text): \(fits)")
        occurs = occurs || found
    }
    let found = SubstringSet(needles).occurs(in: text.utf8)
    try require(!isShort || found == occurs, "one of \(needles) in \(text): \(found)")
    if !needles.isEmpty, let near = nearest(to: text, in: needles) {
        try require(needles.contains(bytesOf: near), "\(near) is none of \(needles)")
    }
}

private func isPart(_ needle: String, of text: String) -> Bool {
    let (needle, text) = (Array(needle.utf8), Array(text.utf8))
    guard needle.count <= text.count else { return false }
    return (0...text.count - needle.count).contains { text[$0...].starts(with: needle) }
}

/// Returns whether a pattern fits, by all the places at which each of its code points can end.
private func matches(_ pattern: String, _ text: String) -> Bool {
    let pattern = pattern.lowercasedASCII.unicodeScalars
    let text = Array(text.lowercasedASCII.unicodeScalars)
    var ends: Set<Int> = [0]
    for scalar in pattern {
        switch scalar {
        case "*": ends = Set((ends.min() ?? text.count + 1)..<max(text.count + 1, 1))
        case "?": ends = Set(ends.filter { $0 < text.count }.map { $0 + 1 })
        default: ends = Set(ends.filter { $0 < text.count && text[$0] == scalar }.map { $0 + 1 })
        }
        if ends.isEmpty { return false }
    }
    return ends.contains(text.count)
}
