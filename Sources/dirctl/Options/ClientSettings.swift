internal import FoundationEssentials
internal import Yams

/// The settings of the client: flags, then environment, then file.
struct ClientSettings {
    static let keys = ["server_addr", "auth_token", "tls_ca_file", "timeout"]

    private var values: [String: String] = [:]

    init(flags: [String: String], environment: [String: String]) throws {
        let home = environment["HOME"].map { "\($0)/.config" }
        if let directory = environment["XDG_CONFIG_HOME"].flatMap({ $0.isEmpty ? nil : $0 }) ?? home
        {
            values = try Self.file("\(directory)/dirctl/config.yaml")
        }
        for key in Self.keys {
            let variable = environment["DIRECTORY_CLIENT_\(key.uppercased())"] ?? ""
            if !variable.isEmpty { values[key] = variable }
        }
        values.merge(flags) { $1 }
    }

    subscript(key: String) -> String? { values[key] }

    private static func file(_ path: String) throws -> [String: String] {
        guard FileManager.default.fileExists(atPath: path) else { return [:] }
        let root: Node?
        do {
            root = try Yams.compose(yaml: try String(contentsOfFile: path, encoding: .utf8))
        } catch {
            throw Exit.Failure(message: "\(path) is no settings file: \(error)", code: .usage)
        }
        guard let root, root.null == nil else { return [:] }
        guard let mapping = root.mapping else {
            throw Exit.Failure(message: "\(path) must hold keys and values", code: .usage)
        }
        var values: [String: String] = [:]
        for (key, value) in mapping {
            let place = "\(path):\(key.mark?.line ?? 0)"
            guard let name = key.string, keys.contains(name) else {
                throw Exit.Failure(
                    message:
                        "\(place): there is no setting \(key.string ?? "of this kind"); there are \(keys.joined(separator: ", "))",
                    code: .usage)
            }
            guard let text = value.scalar?.string else {
                throw Exit.Failure(message: "\(place): \(name) must be a text", code: .usage)
            }
            values[name] = text
        }
        return values
    }
}
