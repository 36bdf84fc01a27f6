internal import Configuration
internal import FoundationEssentials
internal import Text
internal import Yams

/// The settings file: its values, and the line of each, so that an error can name it.
struct SettingsFile {
    /// A value where it was written.
    struct Entry {
        /// A text, or a list of texts.
        let content: ConfigContent
        /// The line in the file, counted from 1.
        let line: Int
    }

    let path: String
    /// The settings in the file, by name.
    private(set) var entries: [String: Entry] = [:]
    /// The keys that only the upstream Directory has.
    private(set) var ignored: [SettingsReader.IgnoredKey] = []
    /// What is wrong with keys and the structure; values are checked by the reader.
    private(set) var faults: [String] = []

    /// Reads the file.
    /// - Throws: `SettingsError` when it cannot be read or is not a YAML mapping.
    init(path: String) throws(SettingsError) {
        let data: Data
        guard FileManager.default.fileExists(atPath: path) else {
            throw SettingsError("there is no settings file \(path)")
        }
        do { data = try Data(contentsOf: URL(filePath: path)) } catch {
            throw SettingsError(
                "the settings file \(path) cannot be read: is it a file, with permission to read it?"
            )
        }
        try self.init(path: path, data: data)
    }

    /// Reads the content of a file.
    /// - Parameter path: for messages.
    /// - Throws: `SettingsError` when it is not a YAML mapping.
    init(path: String, data: Data) throws(SettingsError) {
        self.path = path
        let root: Node?
        do { root = try Yams.compose(yaml: String(decoding: data, as: UTF8.self)) } catch {
            throw SettingsError("\(path) is not a settings file: \(error)")
        }
        guard let root, root.null == nil else { return }
        guard let mapping = root.mapping else {
            throw SettingsError("\(path) must hold keys and values")
        }
        collect(mapping, "")
    }

    private mutating func collect(_ mapping: Node.Mapping, _ prefix: String) {
        for (key, value) in mapping {
            let line = key.mark?.line ?? 0
            let name = prefix + (key.string ?? "")
            if let setting = SettingKey.named(name) {
                take(setting, value, line)
            } else if SettingKey.isSection(name), let section = value.mapping {
                collect(section, name + ".")
            } else if SettingKey.isSection(name), value.null != nil {
                continue  // a section in which everything is commented out
            } else if SettingKey.isUpstreamOnly(name) {
                ignored.append(.init(name: name, origin: "\(path):\(line)"))
            } else {
                faults.append("\(path):\(line): \(SettingKey.unknown(name))")
            }
        }
    }

    private mutating func take(_ setting: SettingKey, _ value: Node, _ line: Int) {
        let place = "\(path):\(line): \(setting.name)"
        if let scalar = value.scalar {
            // A key without a value.
            guard value.null == nil || !scalar.string.isEmpty else { return }
            let content: ConfigContent =
                setting.isList ? .stringArray(scalar.string.commaSeparated) : .string(scalar.string)
            entries[setting.name] = Entry(content: content, line: line)
        } else if let items = value.sequence {
            let texts = items.compactMap(\.scalar?.string)
            guard texts.count == items.count else {
                return faults.append(
                    "\(place) must be \(setting.kind.expectation), not a list with parts")
            }
            entries[setting.name] = Entry(content: .stringArray(texts), line: line)
        } else {
            faults.append("\(place) takes a value, not keys below it")
        }
    }
}

extension SettingKey {
    static func isSection(_ name: String) -> Bool { all.contains { $0.name.hasPrefix(name + ".") } }

    /// Returns the setting of a name.
    static func named(_ name: String) -> SettingKey? { all.first { $0.name == name } }

    /// Returns whether only the upstream Directory has a setting of this name, or a section.
    static func isUpstreamOnly(_ name: String) -> Bool {
        upstreamOnly.contains { name == $0 || name.hasPrefix($0 + ".") }
    }

    /// The keys and sections of the upstream Directory's file that have no meaning here.
    private static let upstreamOnly = [
        "authn", "authz", "connection", "database", "http_gateway", "logging", "metrics", "naming",
        "oasf_api_validation", "publication", "ratelimit", "routing", "store",
    ]
}
