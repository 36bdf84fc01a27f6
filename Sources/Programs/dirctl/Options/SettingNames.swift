/// The names of the client's settings: keys of the file, and `DIRECTORY_CLIENT_` with the key in
/// upper case in the environment.
enum SettingNames {
    static let variablePrefix = "DIRECTORY_CLIENT_"

    static let known = [
        "server_address", "auth_token", "auth_token_file", "auth_mode", "tls_ca_file",
        "tls_cert_file", "tls_key_file", "tls_skip_verify", "timeout",
    ]

    /// Other accepted names, with their setting. The setting's own name takes precedence.
    static let aliases = ["server_addr": "server_address", "token": "auth_token"]

    /// The names that choose a context: a variable, and two keys of the file.
    static let context = "context"
    static let currentContext = "current_context"
    static let contexts = "contexts"

    /// The settings that only upstream's client has.
    static let upstreamOnly = [
        "doctor", "extractor", "jwt", "jwt_audience", "oidc", "oidc_audience", "oidc_client_id",
        "oidc_issuer", "oidc_scopes", "spiffe", "spiffe_socket_path", "spiffe_token", "tls",
    ]

    /// Returns the setting of a name.
    static func setting(_ name: String) -> String? {
        known.contains(name) ? name : aliases[name]
    }
}
