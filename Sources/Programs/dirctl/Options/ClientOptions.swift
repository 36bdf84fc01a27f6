internal import ArgumentParser
internal import DirectoryClient
internal import FoundationEssentials
internal import Text

/// The flags for the address of the gateway and the connection to it.
struct ClientOptions: ParsableArguments {
    @Option(help: "The address of the gateway. Default: http://127.0.0.1:8080.")
    var serverAddr: String?

    @Option(
        help: "A context of the settings file: 'dirctl context list' shows them.",
        completion: .custom { _, _, _ in Completion.contexts() })
    var context: String?

    @Option(
        name: [.customLong("auth-token"), .customLong("token")],
        help: "A bearer token. DIRECTORY_CLIENT_AUTH_TOKEN keeps it out of the process list.")
    var authToken: String?

    @Option(
        name: [.customLong("auth-token-file"), .customLong("token-file")],
        help: "A file with a bearer token.", completion: .file())
    var authTokenFile: String?

    @Option(
        name: [.customLong("tls-ca-file"), .customLong("tls-ca")],
        help: "A PEM file with the authorities to trust.", completion: .file())
    var tlsCaFile: String?

    @Option(help: "A PEM file with a client certificate.", completion: .file())
    var tlsCertFile: String?

    @Option(help: "A PEM file with the key of the client certificate.", completion: .file())
    var tlsKeyFile: String?

    @Flag(help: "Do not check the certificate of the gateway.")
    var tlsSkipVerify = false

    @Option(
        help:
            "The longest time until a response begins, in seconds or as 500ms, 30s, 2m. Default: 30s."
    )
    var timeout: String?

    // What only upstream's client has.
    @Option(help: .hidden) var authMode: String?
    @Option(help: .hidden) var spiffeSocketPath: String?
    @Option(help: .hidden) var spiffeToken: String?
    @Option(help: .hidden) var jwtAudience: String?
    @Option(help: .hidden) var oidcIssuer: String?
    @Option(help: .hidden) var oidcClientId: String?
    @Option(help: .hidden) var oidcScopes: String?
    @Option(help: .hidden) var oidcAudience: String?

    /// The flags of upstream's client that have no effect here.
    private var upstreamOnly: [(name: String, value: String?)] {
        [
            ("--spiffe-socket-path", spiffeSocketPath), ("--spiffe-token", spiffeToken),
            ("--jwt-audience", jwtAudience), ("--oidc-issuer", oidcIssuer),
            ("--oidc-client-id", oidcClientId), ("--oidc-scopes", oidcScopes),
            ("--oidc-audience", oidcAudience),
        ]
    }

    /// Reads the settings from these flags, the environment and the file.
    func settings(
        _ environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> ClientSettings {
        var flags = [
            "server_address": serverAddr, "auth_token": authToken,
            "auth_token_file": authTokenFile, "tls_ca_file": tlsCaFile,
            "tls_cert_file": tlsCertFile, "tls_key_file": tlsKeyFile, "auth_mode": authMode,
            "timeout": timeout,
        ].compactMapValues(\.self)
        if tlsSkipVerify { flags["tls_skip_verify"] = "true" }
        return try ClientSettings(
            flags: flags, context: context, file: try SettingsFile(environment),
            environment: environment)
    }

    /// Makes the client from these flags, the environment and the file.
    /// - Parameter change: changes the configuration for a command.
    func client(_ change: (inout DirectoryClient.Configuration) -> Void = { _ in }) throws
        -> DirectoryClient
    {
        let warn = { (text: String) in Output.notice("Warning: \(Output.printable(text))") }
        let settings = try settings()
        for warning in settings.warnings { warn(warning) }
        for flag in upstreamOnly where flag.value != nil {
            warn("\(flag.name) is a flag of another client and has no effect here")
        }
        var configuration = try settings.configuration(warn: warn)
        change(&configuration)
        return DirectoryClient(configuration)
    }
}
