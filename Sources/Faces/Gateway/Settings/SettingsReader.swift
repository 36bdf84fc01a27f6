internal import Configuration
internal import FoundationEssentials
internal import Text

/// Reads the settings from flags, environment and file, in this order of precedence, and records
/// the source of each.
public struct SettingsReader {
    /// An effective setting.
    public struct Effective: Sendable {
        /// The setting.
        public let key: SettingKey
        /// The value as it was written, without secrets.
        public let text: String
        /// The source: a flag, a variable, a line of a file, or `default`.
        public let origin: String
        let value: SettingValue
    }

    /// The file that is read when none is named, if it exists.
    public static let defaultPath = "/etc/agntcy/dir/server.config.yml"

    private let flags: [String: String]
    private let environment: [String: String]
    private let file: SettingsFile?

    /// - Parameters:
    ///   - file: the file to read; nil reads `defaultPath` if it exists.
    ///   - flags: settings of the command line, by key.
    ///   - environment: the process's environment.
    public init(file: String?, flags: [String: String], environment: [String: String])
        throws(SettingsError)
    {
        self.flags = flags
        self.environment = environment
        for name in flags.keys where SettingKey.named(name) == nil {
            throw SettingsError(SettingKey.unknown(name))
        }
        if let file {
            self.file = try SettingsFile(path: file)
        } else if FileManager.default.fileExists(atPath: Self.defaultPath) {
            self.file = try SettingsFile(path: Self.defaultPath)
        } else {
            self.file = nil
        }
    }

    /// Reads only a file.
    init(file: SettingsFile) {
        flags = [:]
        environment = [:]
        self.file = file
    }

    /// Every setting with its value and source.
    public func effective() throws(SettingsError) -> [Effective] {
        var settings: [Effective] = []
        for key in SettingKey.all { settings.append(try effective(key)) }
        return settings
    }

    /// Variables that look like settings, but are not: perhaps misspelled, perhaps of another
    /// program.
    public var unknownVariables: [String] {
        let known = Set(SettingKey.all.map(\.environmentName))
        return environment.keys.filter {
            $0.hasPrefix(SettingKey.environmentPrefix) && !known.contains($0)
        }.sorted()
    }

    private func effective(_ key: SettingKey) throws(SettingsError) -> Effective {
        for source in sources(key) {
            guard let items = try source.items() else { continue }
            let text = key.kind.shown(items)
            if let fault = key.kind.fault(in: items) {
                throw SettingsError("\(source.origin): \(key.name): \(fault)")
            }
            guard let value = key.kind.read(items) else {
                throw SettingsError(
                    "\(source.origin): \(key.name) is \"\(text)\", but must be \(key.kind.expectation)"
                )
            }
            return Effective(key: key, text: text, origin: source.origin, value: value)
        }
        // A default that cannot be read is an error in the table.
        let value = key.kind.read([key.defaultValue]) ?? .text("")
        return Effective(
            key: key, text: key.defaultValue, origin: "default", value: value)
    }

    private typealias Source = (origin: String, items: () throws(SettingsError) -> [String]?)

    private func sources(_ key: SettingKey) -> [Source] {
        let name = AbsoluteConfigKey(key.name.split(separator: ".").map(String.init))
        let flagProvider = InMemoryProvider(
            values: flags[key.name].map { [name: ConfigValue(.string($0), isSecret: false)] } ?? [:]
        )
        let prefix = AbsoluteConfigKey(["directory", "server"])
        let variables = EnvironmentVariablesProvider(environmentVariables: environment)
            .prefixKeys(with: ConfigKey(prefix.components))
        var sources: [Source] = [
            (
                key.flag,
                { () throws(SettingsError) in try items(flagProvider, name, key) }
            ),
            (key.environmentName, { () throws(SettingsError) in try items(variables, name, key) }),
        ]
        if let file, let line = file.lines[key.name] {
            sources.append(
                (
                    "\(file.path):\(line)",
                    { () throws(SettingsError) in try items(file, name, key, line) }
                ))
        }
        return sources
    }

    private func items(
        _ provider: some ConfigProvider, _ name: AbsoluteConfigKey, _ key: SettingKey
    )
        throws(SettingsError) -> [String]?
    {
        guard let value = try? provider.value(forKey: name, type: .string).value,
            case .string(let text) = value.content
        else { return nil }
        guard key.isList else { return [text] }
        return Self.list(text)
    }

    /// Splits a list at its commas.
    private static func list(_ text: String) -> [String] {
        text.split(separator: ",").map { String($0).trimmedASCII }
    }

    private func items(
        _ file: SettingsFile, _ name: AbsoluteConfigKey, _ key: SettingKey, _ line: Int
    ) throws(SettingsError) -> [String]? {
        if key.isList,
            let value = try? file.snapshot.value(forKey: name, type: .stringArray).value,
            case .stringArray(let items) = value.content
        {
            return items
        }
        guard let value = try? file.snapshot.value(forKey: name, type: .string).value,
            case .string(let text) = value.content
        else {
            throw SettingsError(
                "\(file.path):\(line): \(key.name) must be \(key.kind.expectation), not a list")
        }
        guard key.isList else { return [text] }
        return Self.list(text)
    }
}

extension SettingKey {
    static func unknown(_ name: String) -> String {
        let hint = nearest(to: name, in: all.map(\.name)).map { ", did you mean \($0)?" }
        return "there is no setting \(name)\(hint ?? "; 'dir-gateway config' lists them all")"
    }
}
