internal import Configuration
internal import FoundationEssentials
internal import Synchronization
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

    /// A key of the file that has no effect, because only the upstream Directory has it.
    public struct IgnoredKey: Sendable, Equatable {
        /// The name, with the names of its sections.
        public let name: String
        /// The file and the line.
        public let origin: String
    }

    /// The file that is read when none is named, if it exists.
    public static let defaultPath = "/etc/agntcy/dir/server.config.yml"

    /// Variables that look like settings, but are not: perhaps misspelled, perhaps of another
    /// program.
    public let unknownVariables: [String]
    private let file: SettingsFile?
    /// In the order of precedence: flags, environment, file.
    private let providers: [any ConfigProvider]
    /// What is wrong whatever the values are.
    private let faults: [String]

    /// Reads the sources.
    /// - Parameters:
    ///   - file: the file to read; nil reads `defaultPath` if it exists.
    ///   - flags: settings of the command line, by key.
    ///   - environment: the process's environment.
    /// - Throws: `SettingsError` when the file cannot be read. `effective()` reports all other faults.
    public init(file: String?, flags: [String: String], environment: [String: String])
        throws(SettingsError)
    {
        if let file {
            self.init(try SettingsFile(path: file), flags, environment)
        } else if FileManager.default.fileExists(atPath: Self.defaultPath) {
            self.init(try SettingsFile(path: Self.defaultPath), flags, environment)
        } else {
            self.init(nil, flags, environment)
        }
    }

    /// Reads only a file.
    init(file: SettingsFile) { self.init(file, [:], [:]) }

    private init(
        _ file: SettingsFile?, _ flags: [String: String], _ environment: [String: String]
    ) {
        self.file = file
        let known = Set(SettingKey.all.map(\.environmentName))
        unknownVariables = environment.keys.filter {
            $0.hasPrefix(SettingKey.environmentPrefix) && !known.contains($0)
        }.sorted()
        let unknownFlags = flags.keys.filter { SettingKey.named($0) == nil }.sorted()
        faults = unknownFlags.map(SettingKey.unknown) + (file?.faults ?? [])
        let flagContents = flags.compactMap { name, text in
            SettingKey.named(name).map { key in
                (key, key.isList ? ConfigContent.stringArray(text.commaSeparated) : .string(text))
            }
        }
        providers = [
            Self.provider("flags", flagContents),
            EnvironmentVariablesProvider(environmentVariables: environment)
                .prefixKeys(with: ["directory", "server"]),
            Self.provider(
                file?.path ?? "no file",
                SettingKey.all.compactMap { key in
                    file?.entries[key.name].map { (key, $0.content) }
                }),
        ]
    }

    private static func provider(_ name: String, _ contents: [(SettingKey, ConfigContent)])
        -> InMemoryProvider
    {
        let values = contents.map { key, content in
            (AbsoluteConfigKey(key.configKey), ConfigValue(content, isSecret: false))
        }
        return InMemoryProvider(
            name: name, values: Dictionary(uniqueKeysWithValues: values))
    }

    /// The keys of the file that have no effect.
    public var ignoredKeys: [IgnoredKey] { file?.ignored ?? [] }

    /// Returns every setting with its value and source.
    /// - Throws: `SettingsError` with all faults.
    public func effective() throws(SettingsError) -> [Effective] {
        let (settings, faults) = read()
        guard faults.isEmpty else { throw SettingsError(faults) }
        return settings
    }

    /// Reads every setting. One that is invalid has its default.
    func read() -> (settings: [Effective], faults: [String]) {
        let accesses = LastAccess()
        let config = ConfigReader(providers: providers, accessReporter: accesses)
        var settings: [Effective] = []
        var faults = faults
        for key in SettingKey.all {
            do throws(SettingsError) {
                settings.append(try effective(key, config, accesses) ?? Effective(default: key))
            } catch {
                settings.append(Effective(default: key))
                faults += error.faults
            }
        }
        return (settings, faults)
    }

    /// Returns a setting; nil if no source has it.
    private func effective(_ key: SettingKey, _ config: ConfigReader, _ accesses: LastAccess)
        throws(SettingsError) -> Effective?
    {
        let found =
            key.isList
            ? config.stringArray(forKey: key.configKey)
            : config.string(forKey: key.configKey).map { [$0] }
        // The reader stops at the first source that has the setting.
        guard let results = accesses.take()?.providerResults else { return nil }
        let origin = origin(of: key, source: results.count - 1)
        if case .failure = results.last?.result {
            throw SettingsError(
                "\(origin): \(key.name) must be \(key.kind.expectation), not a list")
        }
        guard let found else { return nil }
        let items = key.isList ? found.filter { !$0.isEmpty } : found
        let text = key.kind.shown(items)
        if let fault = key.kind.fault(in: items) {
            throw SettingsError("\(origin): \(key.name): \(fault)")
        }
        guard let value = key.kind.read(items) else {
            throw SettingsError(
                "\(origin): \(key.name) is \"\(text)\", but must be \(key.kind.expectation)")
        }
        return Effective(key: key, text: text, origin: origin, value: value)
    }

    /// - Parameter source: the index of its provider.
    private func origin(of key: SettingKey, source: Int) -> String {
        switch source {
        case 0: key.flag
        case 1: key.environmentName
        default: "\(file?.path ?? ""):\(file?.entries[key.name]?.line ?? 0)"
        }
    }
}

/// Keeps the last access to a reader, which shows the sources that it asked.
private final class LastAccess: AccessReporter {
    private let event = Mutex<AccessEvent?>(nil)

    func report(_ event: AccessEvent) { self.event.withLock { $0 = event } }

    func take() -> AccessEvent? {
        event.withLock { event in
            defer { event = nil }
            return event
        }
    }
}

extension SettingsReader.Effective {
    /// The default of a setting.
    fileprivate init(default key: SettingKey) {
        // A default that cannot be read is an error in the table.
        self.init(
            key: key, text: key.defaultValue, origin: "default",
            value: key.kind.read([key.defaultValue]) ?? .text(""))
    }
}

extension SettingKey {
    fileprivate var configKey: ConfigKey { ConfigKey(name.split(on: UInt8(ascii: "."))) }

    static func unknown(_ name: String) -> String {
        let hint = suggestion(for: name, in: all.map(\.name))
        return "there is no setting \(name)\(hint ?? "; 'dir-gateway config' lists them all")"
    }
}
