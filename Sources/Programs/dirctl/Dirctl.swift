internal import ArgumentParser
internal import Text

/// The client program, for people and scripts.
@main
struct Dirctl: AsyncParsableCommand {
    static let version = ProductVersion.current

    static let configuration = CommandConfiguration(
        commandName: "dirctl",
        abstract: "Work with a Directory through its gateway.",
        discussion: """
            Data goes to standard output, everything else to standard error.

            Settings come from flags, then from the environment \
            (DIRECTORY_CLIENT_SERVER_ADDRESS, …_AUTH_TOKEN, …_AUTH_TOKEN_FILE, …_TLS_CA_FILE, \
            …_TIMEOUT, …_CONTEXT), then from the context and the top of dirctl/config.yaml in \
            $XDG_CONFIG_HOME or ~/.config (server_address, auth_token, tls_ca_file, timeout, …).

            Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 refused by the gateway, \
            5 gateway not reachable.

            Example:
              dirctl events listen --types RECORD_PUSHED --json
            """,
        version: "dirctl \(version)",
        subcommands: [
            EventsCommand.self, Push.self, Pull.self, Delete.self, Info.self, Search.self,
            Routing.self, SyncCommand.self, WebhooksCommand.self, Sign.self, Verify.self,
            Validate.self, ContextCommand.self, Completions.self, Version.self,
        ])

    // The flags of every command may also precede it.
    @OptionGroup var options: ClientOptions
    @OptionGroup var format: FormatOptions

    static func main() async {
        do {
            var command = try await asyncParseAsRoot()
            do {
                if var command = command as? any AsyncParsableCommand {
                    try await command.run()
                } else {
                    try command.run()
                }
            } catch let error as ValidationError {
                Exit.misused(type(of: command), error)
            }
        } catch {
            Exit.because(of: error)
        }
    }
}

/// Prints the version.
struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the version.",
        discussion: """
            Example:
              dirctl version
            """)

    func run() { Output.line("dirctl \(Dirctl.version)") }
}

/// Prints a completion script.
struct Completions: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a completion script for a shell.",
        discussion: """
            Examples:
              bash: source <(dirctl completions bash)
              zsh:  dirctl completions zsh > "${fpath[1]}/_dirctl"
              fish: dirctl completions fish > ~/.config/fish/completions/dirctl.fish
            """)

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    enum Shell: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }

    func run() {
        let shell: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        Output.line(Dirctl.completionScript(for: shell))
    }
}
