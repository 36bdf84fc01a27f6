import Foundation
import Gateway
import Testing

@Suite struct SettingsTests {
    private func settings(
        _ text: String? = nil, flags: [String: String] = [:], environment: [String: String] = [:]
    ) throws -> Settings {
        var file: String?
        if let text {
            let path = NSTemporaryDirectory() + "settings-\(UUID().uuidString).yml"
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            file = path
        }
        return try Settings(SettingsReader(file: file, flags: flags, environment: environment))
    }

    @Test func `the shipped file holds every setting with its default`() throws {
        let path = repository + "/config/server.config.yml"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        // Uncommented, the file says what the program does without it.
        let keyLine = /^(\s*)# ([a-z_]+: .*)$/
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.firstMatch(of: keyLine).map { "\($0.1)\($0.2)" } ?? String(line)
        }
        let all = NSTemporaryDirectory() + "settings-\(UUID().uuidString).yml"
        try lines.joined(separator: "\n").write(toFile: all, atomically: true, encoding: .utf8)
        let effective = try SettingsReader(file: all, flags: [:], environment: [:]).effective()
        for setting in effective {
            #expect(setting.text == setting.key.defaultValue, "\(setting.key.name)")
            #expect(
                setting.origin.hasPrefix(all) || setting.text.isEmpty,
                "\(setting.key.name) is missing")
            #expect(text.contains(setting.key.summary), "\(setting.key.name)")
        }
        // As it is shipped, it changes nothing.
        _ = try SettingsReader(file: path, flags: [:], environment: [:]).effective()
    }

    @Test func `the environment beats the file and a flag beats both`() throws {
        let file = "loops: 1\ndrain_timeout: 1s\nlimits:\n  body_bytes: 64KiB\n"
        let settings = try settings(
            file, flags: ["loops": "3"],
            environment: ["DIRECTORY_SERVER_LOOPS": "2", "DIRECTORY_SERVER_DRAIN_TIMEOUT": "2s"])
        #expect(settings.loops == 3)
        #expect(settings.drainTimeout == .seconds(2))
        #expect(settings.bodyLimit == 64 << 10)
    }

    @Test func `the three event keys of upstream work`() throws {
        let settings = try settings(
            "events:\n  subscriber_buffer_size: 7\n  log_slow_consumers: false\n  log_published_events: true\n"
        )
        #expect(settings.delivery.bufferSize == 7)
        #expect(!settings.delivery.logsSlowSubscribers)
        #expect(settings.logsPublishedEvents)
    }

    @Test func `lists are written in YAML and with commas`() throws {
        let yaml = try settings("cors:\n  allowed_origins:\n    - https://a\n    - https://b\n")
        #expect(yaml.allowedOrigins == ["https://a", "https://b"])
        let environment = ["DIRECTORY_SERVER_CORS_ALLOWED_ORIGINS": "https://a, https://b"]
        #expect(
            try settings(environment: environment).allowedOrigins == ["https://a", "https://b"])
        #expect(
            try settings("cors:\n  allowed_origins: https://a\n").allowedOrigins == ["https://a"])
    }

    @Test func `an empty file and empty sections change nothing`() throws {
        #expect(try settings("").loops == 0)
        #expect(try settings("# nothing\n").loops == 0)
        #expect(try settings("events:\nlimits:\n").loops == 0)
        #expect(try settings("loops: 2\nevents:\n").loops == 2)
    }

    @Test func `an address that others can reach must be meant`() throws {
        #expect(throws: SettingsError.self) {
            try settings(flags: ["listen_address": "0.0.0.0:80"])
        }
        let meant = ["listen_address": "0.0.0.0:80", "auth.mode": "open"]
        #expect(try settings(flags: meant).listenAddress == "0.0.0.0:80")
        #expect(try settings(flags: ["listen_address": "[::1]:80"]).listenAddress == "[::1]:80")
    }

    @Test(arguments: [
        ("loops", "-1"), ("loops", "many"), ("loops", ""), ("drain_timeout", "10"),
        ("drain_timeout", "2h"), ("limits.body_bytes", "4GB"), ("log.level", "loud"),
        ("log.access", "yes"), ("listen_address", "example.org:80"), ("auth.mode", "jwt"),
        ("admin.listen_address", "example.org:80"), ("allowed_hosts", "http://a"),
        ("trusted_proxies", "10.0.0.0/33"), ("trusted_proxies", "example.org"),
        ("auth.jwt.jwks", "http://issuer.example/keys"), ("limits.operations_per_second", "-1"),
        ("limits.operations_burst", "0"),
        ("data_dir", ""), ("events.heartbeat_interval", "99ms"),
        ("limits.body_bytes", "9223372036854775807MiB"), ("events.retry", "9223372036854775807h"),
    ])
    func `an impossible value is refused with what was expected`(key: String, value: String) throws
    {
        do {
            _ = try settings(flags: [key: value])
            Issue.record("\(key)=\(value) was taken")
        } catch let error as SettingsError {
            #expect(
                error.description.contains(": \(key) is \"\(value)\", but must be"))
        }
    }

    @Test func `variables that are no settings are noticed`() throws {
        let reader = try SettingsReader(
            file: nil, flags: [:], environment: ["DIRECTORY_SERVER_LOPS": "1", "PATH": "/bin"])
        #expect(reader.unknownVariables == ["DIRECTORY_SERVER_LOPS"])
    }
}
