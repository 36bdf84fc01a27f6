internal import FoundationEssentials
internal import Text
internal import Yams

/// The client's settings in a file: some at its top, and named groups of them, the contexts, of which
/// one is used.
struct SettingsFile {
    /// One key.
    struct Entry {
        let key: String
        /// Empty for a key that is not set, or is not a setting of this client.
        let value: String
        /// Whether the value is more than an empty text, list or group.
        let isSet: Bool
        /// The file and the line.
        let place: String
    }

    /// A named group of settings.
    struct Context {
        let name: String
        let entries: [Entry]
    }

    let path: String
    private(set) var entries: [Entry] = []
    private(set) var contexts: [Context] = []
    /// The value of `current_context`; nil when it is missing or empty.
    private(set) var currentContext: String?

    /// Returns the path of the file: `dirctl/config.yaml` in `$XDG_CONFIG_HOME` or `~/.config`; nil
    /// without a home.
    static func path(_ environment: [String: String]) -> String? {
        let home = environment["HOME"].map { "\($0)/.config" }
        let directory = environment["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? home
        return directory.map { "\($0)/dirctl/config.yaml" }
    }

    /// Reads the file; a missing file is empty.
    /// - Throws: `Exit.Failure` when it is not YAML, or a setting of the client is not a text.
    init(_ environment: [String: String]) throws {
        path = Self.path(environment) ?? ""
        guard !path.isEmpty, FileManager.default.fileExists(atPath: path) else { return }
        let root: Node?
        do {
            root = try Yams.compose(yaml: try String(contentsOfFile: path, encoding: .utf8))
        } catch {
            throw Exit.Failure(message: "\(path) is not a settings file: \(error)", code: .usage)
        }
        guard let root, root.null == nil else { return }
        let mapping = try mapping(root, "\(path) must have keys and values")
        for (key, value) in mapping {
            switch key.scalar?.string {
            case SettingNames.contexts:
                guard value.null == nil else { continue }
                let message = "\(place(key)): contexts must have names and settings"
                contexts = try self.mapping(value, message).map { name, settings in
                    let name = name.scalar?.string ?? ""
                    let message = "\(place(key)): the context \(name) must have keys and values"
                    let isEmpty = settings.null != nil
                    return Context(
                        name: name,
                        entries: isEmpty ? [] : try self.mapping(settings, message).map(entry))
                }
            case SettingNames.currentContext:
                guard let name = value.scalar?.string else {
                    throw Exit.Failure(
                        message: "\(place(key)): current_context must be a text", code: .usage)
                }
                currentContext = name.isEmpty ? nil : name
            default: entries.append(try entry(key, value))
            }
        }
    }

    /// Returns the context of a name.
    /// - Throws: `Exit.Failure` when there is none: another gateway must not be used instead.
    func context(_ name: String) throws -> Context {
        if let context = contexts.first(where: { $0.name.hasBytes(of: name) }) { return context }
        let hint =
            suggestion(for: name, in: contexts.map(\.name))
            ?? (contexts.isEmpty
                ? ": \(path.isEmpty ? "the settings file" : path) has none"
                : ": 'dirctl context list' shows those of \(path)")
        throw Exit.Failure(
            message: "there is no context '\(Output.printable(name))'\(hint)", code: .usage)
    }

    private func mapping(_ node: Node, _ message: String) throws -> Node.Mapping {
        guard let mapping = node.mapping else {
            throw Exit.Failure(message: message, code: .usage)
        }
        return mapping
    }

    private func place(_ key: Node) -> String { "\(path):\(key.mark?.line ?? 0)" }

    private func entry(_ key: Node, _ value: Node) throws -> Entry {
        let place = place(key)
        let name = key.scalar?.string ?? "of this kind"
        let isSet: Bool =
            switch value {
            case .scalar(let scalar): !scalar.string.isEmpty && value.null == nil
            case .mapping(let mapping): mapping.contains { $0.value.sequence?.isEmpty != true }
            case .sequence(let sequence): !sequence.isEmpty
            case .alias: true
            }
        guard SettingNames.setting(name) != nil else {
            return Entry(key: name, value: "", isSet: isSet, place: place)
        }
        guard let text = value.scalar?.string else {
            throw Exit.Failure(message: "\(place): \(name) must be a text", code: .usage)
        }
        return Entry(key: name, value: isSet ? text : "", isSet: isSet, place: place)
    }
}
