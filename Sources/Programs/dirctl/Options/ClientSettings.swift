internal import Configuration
internal import DirectoryClient
internal import FoundationEssentials
internal import Text

/// The settings of the client: flags, then environment, then file.
struct ClientSettings {
    /// Warnings about settings that have no effect, or not the expected one.
    private(set) var warnings: [String] = []
    private let reader: ConfigReader

    /// One setting in a source.
    private typealias Entry = (name: String, key: String, value: String)

    /// Reads the sources.
    /// - Throws: `Exit.Failure` when the file is invalid.
    init(flags: [String: String], environment: [String: String]) throws {
        var warnings: [String] = []
        let file = try Self.file(environment, &warnings)
        let variables = Self.variables(environment, &warnings)
        self.warnings = warnings
        reader = ConfigReader(
            providers: [flags, variables, file].map { values in
                InMemoryProvider(
                    values: Dictionary(
                        uniqueKeysWithValues: values.map { key, value in
                            (AbsoluteConfigKey([key]), ConfigValue(.string(value), isSecret: false))
                        }))
            })
    }

    /// Returns the values in their types; what is not set has its default.
    /// - Throws: `Exit.Failure` when a value is invalid.
    func configuration() throws -> DirectoryClient.Configuration {
        var configuration = DirectoryClient.Configuration(
            server: try ServerAddress(
                reader.string(forKey: "server_address", default: "http://127.0.0.1:8080")))
        configuration.token = try reader.string(forKey: "auth_token", isSecret: true)
            .map(Self.token)
        configuration.authorities = try reader.string(forKey: "tls_ca_file").map(Self.readable)
        if let timeout = try reader.string(forKey: "timeout").map(Self.timeout) {
            configuration.timeout = timeout
            configuration.connectTimeout = min(timeout, configuration.connectTimeout)
        }
        return configuration
    }

    /// Returns a token without the line end that files and substitutions add.
    private static func token(_ text: String) throws -> String {
        let token = String(text.reversed().drop { $0.isWhitespace }.reversed())
        guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Exit.Failure(
                message: "the token has characters that are not allowed; it is not shown here",
                code: .usage)
        }
        return token
    }

    private static func readable(_ file: String) throws -> String {
        guard FileManager.default.isReadableFile(atPath: file) else {
            throw Exit.Failure(
                message: "the file \(file) of authorities cannot be read", code: .usage)
        }
        return file
    }

    private static func timeout(_ text: String) throws -> Duration {
        // At most a day, so that no sum with it overflows.
        guard let timeout = DurationText.parse(text, bareUnit: .seconds(1)),
            timeout > .zero, timeout <= .seconds(86_400)
        else {
            throw Exit.Failure(
                message: "the timeout '\(text)' is invalid: use 500ms, 30s or 2m, 24 hours at most",
                code: .usage)
        }
        return timeout
    }

    /// Returns the settings of the file, by key.
    private static func file(
        _ environment: [String: String], _ warnings: inout [String]
    ) throws -> [String: String] {
        let home = environment["HOME"].map { "\($0)/.config" }
        guard
            let directory = environment["XDG_CONFIG_HOME"].flatMap({ $0.isEmpty ? nil : $0 })
                ?? home
        else { return [:] }
        let path = "\(directory)/dirctl/config.yaml"
        let file = try SettingsFile.read(path)
        for entry in file where SettingNames.setting(entry.key) == nil {
            warnings.append("\(entry.place): \(unknown(entry.key, entry.key) { $0 })")
        }
        let entries = file.map { (name: $0.key, key: $0.key, value: $0.value) }
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
            } else {
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
