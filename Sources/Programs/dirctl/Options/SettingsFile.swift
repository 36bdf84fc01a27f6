internal import FoundationEssentials
internal import Yams

/// The client's settings in a file.
enum SettingsFile {
    /// One key at the top of the file.
    struct Entry {
        let key: String
        /// Empty for a key that is not a setting of this client.
        let value: String
        /// The file and the line.
        let place: String
    }

    /// Reads a file; a missing file is empty.
    /// - Throws: `Exit.Failure` when it is not YAML, or a setting of the client is not a text.
    static func read(_ path: String) throws -> [Entry] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        let root: Node?
        do {
            root = try Yams.compose(yaml: try String(contentsOfFile: path, encoding: .utf8))
        } catch {
            throw Exit.Failure(message: "\(path) is not a settings file: \(error)", code: .usage)
        }
        guard let root, root.null == nil else { return [] }
        guard let mapping = root.mapping else {
            throw Exit.Failure(message: "\(path) must have keys and values", code: .usage)
        }
        return try mapping.map { key, value in
            let place = "\(path):\(key.mark?.line ?? 0)"
            let name = key.scalar?.string ?? "of this kind"
            guard SettingNames.setting(name) != nil else {
                return Entry(key: name, value: "", place: place)
            }
            guard let text = value.scalar?.string else {
                throw Exit.Failure(message: "\(place): \(name) must be a text", code: .usage)
            }
            return Entry(key: name, value: text, place: place)
        }
    }
}
