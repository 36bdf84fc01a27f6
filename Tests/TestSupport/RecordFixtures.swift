import Records

/// A cid that no record has.
public let absentCID = CID.of(Array("absent".utf8))

/// Another cid that no record has.
public let otherAbsentCID = CID.of(Array("absent 2".utf8))

/// The members of a record that is valid with any schema version from 0.8.0, but for that version.
public let recordMembers = members("n")

/// Returns the JSON of a valid record.
public func record(_ name: String, skill: String = "s") -> String { record(name, skills: [skill]) }

/// Returns the JSON of a valid record.
/// - Parameters:
///   - skills: the names of its skills, in the syntax of a JSON string.
///   - more: further members, separated by commas.
public func record(
    _ name: String = "n", version: String = "v1", description: String = "d", skills: [String],
    more: String = ""
) -> String {
    let members = members(name, version: version, description: description, skills: skills)
    return "{\"schema_version\":\"1.0.0\",\(members)\(more.isEmpty ? "" : ",")\(more)}"
}

private func members(
    _ name: String, version: String = "v1", description: String = "d", skills: [String] = ["s"]
) -> String {
    let list = skills.map { "{\"name\":\"\($0)\"}" }.joined(separator: ",")
    return
        #""name":"\#(name)","version":"\#(version)","description":"\#(description)","authors":["a"],"created_at":"2025-10-18T14:23:15Z","skills":[\#(list)]"#
}
