internal import ArgumentParser
internal import Gateway

/// Prints the effective settings.
struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the effective settings and the source of each.",
        discussion: """
            The output is a settings file; secrets are not shown.

            Example: dir-gateway config --config /etc/agntcy/dir/server.config.yml
            """)

    @OptionGroup var options: SettingsOptions

    func run() throws {
        let reader = try options.reader()
        let settings = try reader.effective()
        let width = settings.map { $0.key.name.count + $0.text.count }.max() ?? 0
        for setting in settings {
            let text = setting.text.isEmpty ? "\"\"" : setting.text
            let line = "\(setting.key.name): \(text)"
            let padding = String(repeating: " ", count: max(1, width + 4 - line.count))
            print("\(line)\(padding)# \(setting.origin)")
        }
        for name in reader.unknownVariables {
            print("# \(name) looks like a setting, but is not one")
        }
        for key in reader.ignoredKeys {
            print(
                "# \(key.origin): \(key.name) is a setting of the upstream Directory and has no effect"
            )
        }
        _ = try Settings(reader)
    }
}
