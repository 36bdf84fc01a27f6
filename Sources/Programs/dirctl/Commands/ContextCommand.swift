internal import ArgumentParser
internal import Configuration
internal import FoundationEssentials
internal import Text

/// Shows and chooses the contexts of the settings file.
struct ContextCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "context", abstract: "Show and choose the contexts of the settings file.",
        discussion: """
            A context is a named group of settings in dirctl/config.yaml. The flag --context and \
            DIRECTORY_CLIENT_CONTEXT choose one for a command, and current_context of the file for \
            all others.

            Example:
              dirctl context use prod
            """,
        subcommands: [Current.self, List.self, Use.self, Show.self])

    @OptionGroup var options: ClientOptions
    @OptionGroup var format: FormatOptions

    private static var environment: [String: String] { ProcessInfo.processInfo.environment }

    private struct Row: Encodable {
        let name: String
        let current: Bool
    }

    struct Current: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the name of the current context of the file.",
            discussion: """
                Example:
                  dirctl context current
                """)

        @Flag(name: .shortAndLong, help: "Print nothing when there is none.") var quiet = false
        @OptionGroup var format: FormatOptions

        private struct Answer: Encodable {
            let name: String
            let source: String
            let path: String
        }

        func run() throws {
            let file = try SettingsFile(environment)
            let name = try file.currentContext.map { try file.context($0).name }
            let source = name == nil ? "none" : SettingNames.currentContext
            if name == nil, format.format() == .human || format.format() == .raw {
                if !quiet { Output.notice("no context is chosen: 'dirctl context use NAME'") }
                return
            }
            try format.show(
                Answer(name: name ?? "", source: source, path: file.path), human: name ?? "",
                raw: name ?? "")
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the contexts; a star marks the current one.",
            discussion: """
                Example:
                  dirctl context list
                """)

        @OptionGroup var format: FormatOptions

        func run() throws {
            let file = try SettingsFile(environment)
            let rows = file.contexts.map(\.name).sortedByBytes().map { name in
                Row(name: name, current: file.currentContext.map { $0 == name } ?? false)
            }
            try format.show(
                rows, human: { "\($0.current ? "*" : " ") \(Output.printable($0.name))" },
                raw: \.name, none: "No contexts found in \(file.path)")
        }
    }

    struct Use: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Choose the current context, for this and later terminals.",
            discussion: """
                Changes current_context in the settings file, and nothing else there.

                Example:
                  dirctl context use prod
                """,
            aliases: ["set"])

        @Argument(
            help: "The name of the context.",
            completion: .custom { _, _, _ in Completion.contexts() })
        var name: String
        @OptionGroup var format: FormatOptions

        func run() throws {
            let file = try SettingsFile(environment)
            let name = try file.context(name).name
            try SettingsFile.choose(name, in: file.path)
            try format.show(
                Row(name: name, current: true), human: "Switched to context \"\(name)\".", raw: name
            )
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the settings in use, without secrets.",
            discussion: """
                The settings of flags and of the environment are included.

                Example:
                  dirctl context show
                """)

        @Argument(
            help: "The name of a context; else the one in use.",
            completion: .custom { _, _, _ in Completion.contexts() })
        var name: String?
        @OptionGroup var format: FormatOptions
        @OptionGroup var options: ClientOptions

        private struct Answer: Encodable {
            let name: String?
            let source: String
            let path: String
            let config: [String: String]
        }

        func run() throws {
            var options = options
            if let name { options.context = name }
            let settings = try options.settings()
            for warning in settings.warnings {
                Output.notice("Warning: \(Output.printable(warning))")
            }
            var values: [String: String] = [:]
            for key in SettingNames.known {
                guard let value = settings.reader.string(forKey: .init(key)) else { continue }
                values[key] = key == "auth_token" ? "<redacted>" : value
            }
            let path = try SettingsFile(environment).path
            let lines =
                ["name: \(settings.context ?? "none")", "source: \(settings.contextSource)"]
                + ["path: \(path)", "config:"]
                + values.sorted { $0.key < $1.key }.map {
                    "  \($0.key): \(Output.printable($0.value))"
                }
            try format.show(
                Answer(
                    name: settings.context, source: settings.contextSource, path: path,
                    config: values),
                human: lines.joined(separator: "\n"), raw: settings.context ?? "")
        }
    }
}
