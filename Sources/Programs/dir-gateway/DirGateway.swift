internal import ArgumentParser
internal import Gateway

/// The server program.
@main
struct DirGateway: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dir-gateway",
        abstract: "A Directory of AI-agent records that streams its events over HTTP.",
        discussion: """
            Without a subcommand, the gateway starts. Settings come from flags, then from the \
            environment (DIRECTORY_SERVER_…), then from a YAML file; 'dir-gateway serve --help' \
            lists the flags, 'dir-gateway config' the settings.

            Example: dir-gateway --listen-address 127.0.0.1:9000 --set events.history.max_events=100000
            """,
        version: "dir-gateway \(GatewayServer.version)",
        subcommands: [
            Serve.self, Config.self, TokenCommand.self, Backup.self, Restore.self, Check.self,
            Version.self,
        ],
        defaultSubcommand: Serve.self)
}
