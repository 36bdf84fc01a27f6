internal import Events
internal import Text

/// The settings of the client: flags, then environment, then file.
struct ClientSettings {
    /// Warnings about settings that have no effect, or not the expected one.
    private(set) var warnings: [String] = []
    private var values: [String: String] = [:]

    init(flags: [String: String], environment: [String: String]) throws {
        let home = environment["HOME"].map { "\($0)/.config" }
        if let directory = environment["XDG_CONFIG_HOME"].flatMap({ $0.isEmpty ? nil : $0 }) ?? home
        {
            let path = "\(directory)/dirctl/config.yaml"
            let file = try SettingsFile.read(path)
            for entry in file where SettingNames.setting(entry.key) == nil {
                warnings.append("\(entry.place): \(Self.unknown(entry.key, entry.key) { $0 })")
            }
            take(file.map { (name: $0.key, key: $0.key, value: $0.value) }, in: "\(path): ")
        }
        take(variables(of: environment), in: "")
        for (key, value) in flags { values[key] = value }
    }

    subscript(key: String) -> String? { values[key] }

    /// Finds the client's variables; an empty one counts as not set.
    private mutating func variables(of environment: [String: String]) -> [(
        name: String, key: String, value: String
    )] {
        let prefix = SettingNames.variablePrefix
        var known: [(name: String, key: String, value: String)] = []
        for (name, value) in environment.sorted(by: { $0.key < $1.key })
        where name.hasPrefix(prefix) && !value.isEmpty {
            let key = name.dropFirst(prefix.count).lowercased()
            let spelling = { (key: String) in prefix + key.uppercased() }
            // Case matters in the environment.
            if SettingNames.setting(key) != nil, spelling(key) == name {
                known.append((name, key, value))
            } else {
                warnings.append(Self.unknown(name, key, spelling: spelling))
            }
        }
        return known
    }

    /// Adds the values of one source; they replace those of the sources before.
    private mutating func take(
        _ entries: [(name: String, key: String, value: String)], in place: String
    ) {
        for entry in entries {
            guard let alias = SettingNames.aliases[entry.key] else { continue }
            values[alias] = entry.value
        }
        for entry in entries where SettingNames.known.contains(entry.key) {
            let other = entries.first { SettingNames.aliases[$0.key] == entry.key }
            if let other, other.value != entry.value {
                warnings.append("\(place)\(entry.name) is used, not \(other.name), which differs")
            }
            values[entry.key] = entry.value
        }
    }

    /// Returns the warning that a name has no effect, with the nearest known name.
    /// - Parameters:
    ///   - key: the name as a key of the file.
    ///   - spelling: how a key is written where the name was found.
    private static func unknown(
        _ name: String, _ key: String, spelling: (String) -> String
    ) -> String {
        if SettingNames.upstreamOnly.contains(key) {
            return "\(name) is a setting of another client and has no effect here"
        }
        let hint = suggestion(for: key, in: SettingNames.known, spelling: spelling)
        return "there is no setting \(name)\(hint ?? "; it has no effect")"
    }
}
