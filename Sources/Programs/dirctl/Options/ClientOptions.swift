internal import ArgumentParser
internal import DirectoryClient
internal import FoundationEssentials
internal import Text

/// The flags for the address of the gateway and the connection to it.
struct ClientOptions: ParsableArguments {
    @Option(help: "The address of the gateway. Default: http://127.0.0.1:8080.")
    var serverAddr: String?

    @Option(help: "A bearer token. DIRECTORY_CLIENT_AUTH_TOKEN keeps it out of the process list.")
    var authToken: String?

    @Option(help: "A PEM file with the authorities to trust.", completion: .file())
    var tlsCaFile: String?

    @Option(
        help:
            "The longest time until a response begins, in seconds or as 500ms, 30s, 2m. Default: 30s."
    )
    var timeout: String?

    /// Makes the client from these flags, the environment and the file.
    /// - Parameter change: changes the configuration for a command.
    func client(_ change: (inout DirectoryClient.Configuration) -> Void = { _ in }) throws
        -> DirectoryClient
    {
        let settings = try ClientSettings(
            flags: [
                "server_address": serverAddr, "auth_token": authToken, "tls_ca_file": tlsCaFile,
                "timeout": timeout,
            ].compactMapValues(\.self), environment: ProcessInfo.processInfo.environment)
        for warning in settings.warnings { Output.notice("Warning: \(Output.printable(warning))") }
        var configuration = try settings.configuration()
        change(&configuration)
        return DirectoryClient(configuration)
    }
}
