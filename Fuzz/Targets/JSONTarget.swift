import Text

/// Checks that what JSON says is kept when it is written and read again, and that the limits hold.
func checkJSON(_ input: [UInt8]) throws {
    try checkText(input)
    let value: JSONValue
    do { value = try JSONParser.parse(input) } catch {
        try require((0...input.count).contains(error.offset), "a fault at \(error.offset)")
        return
    }
    var count = 0
    try measure(value, depth: 0, &count)
    try require((try? JSONParser.parse(input, valueLimit: count)) != nil, "\(count) are too many")
    try require(
        (try? JSONParser.parse(input, valueLimit: count - 1)) == nil,
        "\(count) values pass a limit of one less")

    let once = CanonicalJSON.encode(value)
    let twice: [UInt8]
    do { twice = CanonicalJSON.encode(try JSONParser.parse(once)) } catch {
        throw Finding("what was written cannot be read: \(error): \(text(once))")
    }
    try require(once == twice, "not a fixed point: \(text(once)), then \(text(twice))")
}

/// Counts the values, and checks depth, numbers and the order of keys.
private func measure(_ value: JSONValue, depth: Int, _ count: inout Int) throws {
    count += 1
    switch value {
    case .number(let number): try require(number.isFinite, "a number that is not finite")
    case .array(let elements):
        try require(depth < JSONParser.depthLimit, "an array \(depth) levels deep")
        for element in elements { try measure(element, depth: depth + 1, &count) }
    case .object(let members):
        try require(depth < JSONParser.depthLimit, "an object \(depth) levels deep")
        for (first, second) in zip(members, members.dropFirst()) {
            try require(
                first.key.utf8.lexicographicallyPrecedes(second.key.utf8),
                "the key \(second.key) after \(first.key)")
        }
        for member in members { try measure(member.value, depth: depth + 1, &count) }
    default: break
    }
}

/// Checks that any text survives as a JSON string on a line of its own.
private func checkText(_ input: [UInt8]) throws {
    let given = text(input)
    var line: [UInt8] = []
    JSONText.append(given, to: &line)
    try require(
        !String(decoding: line, as: UTF8.self).unicodeScalars.contains {
            $0.properties.generalCategory == .control || $0 == "\u{2028}" || $0 == "\u{2029}"
        }, "a control or the end of a line in \(text(line))")
    let read = try? JSONParser.parse(line).string
    try require(read?.hasBytes(of: given) == true, "a text that became another: \(text(line))")
}
