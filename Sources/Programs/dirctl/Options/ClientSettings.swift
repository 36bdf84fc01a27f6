internal import Configuration
internal import DirectoryClient
internal import FoundationEssentials
internal import Text

/// The settings of the client: flags, then environment, then the context, then the top of the file.
struct ClientSettings {
    /// Warnings about settings that have no effect, or not the expected one.
    private(set) var warnings: [String] = []
    /// The name of the context in use; nil for none.
    let context: String?
    /// How the context was chosen: `flag`, `environment`, `current_context` or `none`.
    let contextSource: String
    let reader: ConfigReader

    /// One setting in a source.
    private typealias Entry = (name: String, key: String, value: String)

    /// Reads the sources.
    /// - Parameter name: the context that a flag chooses; nil for none.
    /// - Throws: `Exit.Failure` when the file is invalid, or there is no such context.
    init(
        flags: [String: String], context name: String? = nil, file: SettingsFile,
        environment: [String: String]
    ) throws {
        var warnings: [String] = []
        let variable = "\(SettingNames.variablePrefix)CONTEXT"
        let chosen = environment[variable].flatMap { $0.isEmpty ? nil : $0 }
        (context, contextSource) =
            if let name {
                (name, "flag")
            } else if let chosen {
                (chosen, "environment")
            } else if let current = file.currentContext {
                (current, SettingNames.currentContext)
            } else {
                (nil, "none")
            }
        let inContext = try context.map { try file.context($0).entries } ?? []
        let named = Self.values(inContext, file.path, &warnings)
        let top = Self.values(file.entries, file.path, &warnings)
        let variables = Self.variables(environment, &warnings)
        self.warnings = warnings
        reader = ConfigReader(
            providers: Self.withOneToken([flags, variables, named, top]).map { values in
                InMemoryProvider(
                    values: Dictionary(
                        uniqueKeysWithValues: values.map { key, value in
                            (AbsoluteConfigKey([key]), ConfigValue(.string(value), isSecret: false))
                        }))
            })
    }

    /// Returns the sources with the token, or the file with the token, of the first that has one: a
    /// token of the file must not win over a flag that names a file.
    private static func withOneToken(_ sources: [[String: String]]) -> [[String: String]] {
        let keys = ["auth_token", "auth_token_file"]
        var isFound = false
        return sources.map { source in
            let hasOne = keys.contains { source[$0] != nil }
            defer { isFound = isFound || hasOne }
            return isFound ? source.filter { !keys.contains($0.key) } : source
        }
    }

    /// Returns the settings of one place of the file, by key, with warnings of what has no effect.
    private static func values(
        _ file: [SettingsFile.Entry], _ path: String, _ warnings: inout [String]
    ) -> [String: String] {
        for entry in file where entry.isSet && SettingNames.setting(entry.key) == nil {
            warnings.append("\(entry.place): \(unknown(entry.key, entry.key) { $0 })")
        }
        let entries = file.filter(\.isSet).map { (name: $0.key, key: $0.key, value: $0.value) }
        return values(entries, in: "\(path): ", &warnings)
    }

    /// Returns the settings in the environment, by key; an empty variable counts as not set.
    private static func variables(
        _ environment: [String: String], _ warnings: inout [String]
    ) -> [String: String] {
        let prefix = SettingNames.variablePrefix
        var known: [Entry] = []
        for (name, value) in environment.sorted(by: { $0.key < $1.key })
        where name.hasPrefix(prefix) && !value.isEmpty {
            let key = name.dropFirst(prefix.count).lowercased()
            let spelling = { (key: String) in prefix + key.uppercased() }
            // Case matters in the environment.
            if SettingNames.setting(key) != nil, spelling(key) == name {
                known.append((name, key, value))
            } else if key != SettingNames.context || spelling(key) != name {
                warnings.append(unknown(name, key, spelling: spelling))
            }
        }
        return values(known, in: "", &warnings)
    }

    /// Returns the values of one source by key. A setting's own name takes precedence over its aliases.
    private static func values(
        _ entries: [Entry], in place: String, _ warnings: inout [String]
    ) -> [String: String] {
        var values: [String: String] = [:]
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
        return values
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
