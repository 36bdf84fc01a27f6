internal import ArgumentParser
internal import Text

/// A mistyped command on the command line.
enum UnknownCommand {
    /// The flags before a command that have a value.
    private static let valued = [
        "--server-addr", "--context", "--auth-token", "--token", "--auth-token-file",
        "--token-file", "--tls-ca-file", "--tls-ca", "--tls-cert-file", "--tls-key-file",
        "--timeout", "--auth-mode", "--output", "-o",
    ]

    /// Returns the words with which a command is called.
    static func path(of wanted: any ParsableCommand.Type) -> [String] {
        path(of: wanted, below: Dirctl.self) ?? ["dirctl"]
    }

    private static func path(
        of wanted: any ParsableCommand.Type, below command: any ParsableCommand.Type
    ) -> [String]? {
        let name = names(command)[0]
        if command == wanted { return [name] }
        for next in command.configuration.subcommands {
            if let rest = path(of: wanted, below: next) { return [name] + rest }
        }
        return nil
    }

    /// Returns the message for a word that is not a command, with the nearest one; nil when every word
    /// in the place of a command is one.
    static func message(_ arguments: [String]) -> String? {
        var command: any ParsableCommand.Type = Dirctl.self
        var path = "dirctl"
        var isValue = false
        for argument in arguments {
            guard !isValue else {
                isValue = false
                continue
            }
            if argument.hasBytePrefix("-") {
                isValue = valued.contains(bytesOf: argument)
                continue
            }
            let commands = command.configuration.subcommands
            guard !commands.isEmpty, !argument.hasBytes(of: "help") else { return nil }
            guard let next = commands.first(where: { names($0).contains(bytesOf: argument) }) else {
                return "there is no command '\(Output.printable(argument))' of \(path)"
                    + hint(argument, commands, path)
            }
            (command, path) = (next, "\(path) \(names(next)[0])")
        }
        return nil
    }

    private static func hint(
        _ word: String, _ commands: [any ParsableCommand.Type], _ path: String
    ) -> String {
        // A command of a group, without the group.
        for group in Dirctl.configuration.subcommands {
            for command in group.configuration.subcommands
            where names(command).contains(bytesOf: word) {
                return ", did you mean 'dirctl \(names(group)[0]) \(names(command)[0])'?"
            }
        }
        let hint = suggestion(for: word, in: commands.flatMap(names)) { "'\(path) \($0)'" }
        return hint ?? ": '\(path) --help' lists the commands"
    }

    /// Returns the name of a command, and its other names.
    private static func names(_ command: any ParsableCommand.Type) -> [String] {
        [command._commandName] + command.configuration.aliases
    }
}
