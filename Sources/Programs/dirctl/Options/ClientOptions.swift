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
        var configuration = DirectoryClient.Configuration(
            server: try ServerAddress(settings["server_address"] ?? "http://127.0.0.1:8080"))
        configuration.token = try settings["auth_token"].map(Self.token)
        configuration.authorities = settings["tls_ca_file"]
        if let file = configuration.authorities, !FileManager.default.isReadableFile(atPath: file) {
            throw Exit.Failure(
                message: "the file \(file) of authorities cannot be read", code: .usage)
        }
        if let text = settings["timeout"] {
            // At most a day, so that no sum with it overflows.
            guard let timeout = DurationText.parse(text, bareUnit: .seconds(1)),
                timeout > .zero, timeout <= .seconds(86_400)
            else {
                throw Exit.Failure(
                    message:
                        "the timeout '\(text)' is invalid: use 500ms, 30s or 2m, 24 hours at most",
                    code: .usage)
            }
            configuration.timeout = timeout
            configuration.connectTimeout = min(timeout, configuration.connectTimeout)
        }
        change(&configuration)
        return DirectoryClient(configuration)
    }

    /// Returns a token without the line end that files and substitutions add.
    private static func token(_ text: String) throws -> String {
        let token = String(text.reversed().drop { $0.isWhitespace }.reversed())
        guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Exit.Failure(
                message: "the token has characters that are not allowed; it is not shown here",
                code: .usage)
        }
        return token
    }
}
