/// The Directory behind the gateway, if there is one.
extension SettingKey {
    static let upstream: [SettingKey] = [
        SettingKey(
            "upstream.address", .server, "",
            "host:port of another Directory, in front of which the gateway is; if empty, the records are here"
        ),
        SettingKey(
            "upstream.token", .secret, "", "token for the upstream; as good as a password"),
        SettingKey(
            "upstream.timeout", .duration(.milliseconds(100) ... .seconds(3600)), "30s",
            "longest time of one operation at the upstream"),
        SettingKey(
            "upstream.keepalive_interval", .duration(.seconds(1) ... .seconds(86_400)), "75s",
            "silence after which the upstream is asked whether it is there; Directories end connections that ask more than once a minute"
        ),
        SettingKey(
            "upstream.tls.enabled", .flag, "false", "connect to the upstream over TLS"),
        SettingKey(
            "upstream.tls.ca", .path, "",
            "PEM file of the authorities that sign the upstream's certificate; if empty, those of the system"
        ),
        SettingKey(
            "upstream.tls.certificate", .path, "",
            "PEM file of the gateway's own certificate, for an upstream that asks for one"),
        SettingKey(
            "upstream.tls.key", .path, "", "PEM file of the private key of that certificate"),
        SettingKey(
            "upstream.tls.server_name", .path, "",
            "name that the upstream's certificate has to contain; if empty, the host of upstream.address"
        ),
    ]
}
