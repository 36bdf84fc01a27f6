/// The names of the client's settings: keys of the file, and `DIRECTORY_CLIENT_` with the key in
/// upper case in the environment.
enum SettingNames {
    static let variablePrefix = "DIRECTORY_CLIENT_"

    static let known = ["server_address", "auth_token", "tls_ca_file", "timeout"]

    /// Other accepted names, with their setting. The setting's own name takes precedence.
    static let aliases = ["server_addr": "server_address"]

    /// The settings that only upstream's client has.
    static let upstreamOnly = [
        "auth_mode", "context", "contexts", "current_context", "jwt", "jwt_audience", "oidc",
        "oidc_audience", "oidc_client_id", "oidc_issuer", "oidc_scopes", "spiffe",
        "spiffe_socket_path", "spiffe_token", "tls", "tls_cert_file", "tls_key_file",
        "tls_skip_verify",
    ]

    /// Returns the setting of a name.
    static func setting(_ name: String) -> String? {
        known.contains(name) ? name : aliases[name]
    }
}
