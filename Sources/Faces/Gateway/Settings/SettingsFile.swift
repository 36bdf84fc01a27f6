internal import Configuration
internal import FoundationEssentials
internal import Yams

/// The settings file, with the line of each key, so that an error can name it.
struct SettingsFile {
    let path: String
    /// The values of the file, by key.
    let snapshot: YAMLSnapshot
    /// The line of each key in the file, counted from 1.
    let lines: [String: Int]

    /// Reads the file.
    /// - Throws: `SettingsError`, also for keys that do not exist.
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
    init(path: String, data: Data) throws(SettingsError) {
        self.path = path
        do {
            let root = try Yams.compose(yaml: String(decoding: data, as: UTF8.self))
            lines = try Self.lines(root, path)
            let text = root == nil || lines.isEmpty ? Data("{}".utf8) : data
            snapshot = try YAMLSnapshot(
                data: text.bytes, providerName: path, parsingOptions: .default)
        } catch let error as SettingsError {
            throw error
        } catch {
            throw SettingsError("\(path) is not a settings file: \(error)")
        }
    }

    private static func lines(_ root: Node?, _ path: String) throws(SettingsError) -> [String: Int]
    {
        guard let root, root.null == nil else { return [:] }
        guard let mapping = root.mapping else {
            throw SettingsError("\(path) must hold keys and values")
        }
        var lines: [String: Int] = [:]
        try collect(mapping, "", path, &lines)
        return lines
    }

    private static func collect(
        _ mapping: Node.Mapping, _ prefix: String, _ path: String, _ lines: inout [String: Int]
    ) throws(SettingsError) {
        for (key, value) in mapping {
            let name = prefix + (key.string ?? "")
            let line = key.mark?.line ?? 0
            if SettingKey.all.contains(where: { $0.name == name }) {
                guard value.mapping == nil else {
                    throw SettingsError("\(path):\(line): \(name) takes a value, not keys below it")
                }
                if value.null == nil || value.scalar?.string.isEmpty == false { lines[name] = line }
            } else if let section = value.mapping, SettingKey.isSection(name) {
                try collect(section, name + ".", path, &lines)
            } else if SettingKey.isSection(name), value.null != nil {
                continue  // a section in which everything is commented out
            } else {
                throw SettingsError("\(path):\(line): \(SettingKey.unknown(name))")
            }
        }
    }
}

extension SettingKey {
    static func isSection(_ name: String) -> Bool { all.contains { $0.name.hasPrefix(name + ".") } }

    /// Returns the setting of a name.
    static func named(_ name: String) -> SettingKey? { all.first { $0.name == name } }
}
