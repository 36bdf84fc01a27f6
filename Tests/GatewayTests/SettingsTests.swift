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

    @Test func `history is off, and its limits are read with it`() throws {
        let off = try settings()
        #expect(!off.history.isOn)
        #expect(off.history.maxAge == nil && off.history.maxBytes == 1 << 30)
        let on = try settings(
            "events:\n  history:\n    max_events: 1000\n    max_age: 7d\n    max_bytes: 0\n  on_overflow: drop\n"
        )
        #expect(on.history.isOn && on.history.maxEvents == 1000)
        #expect(on.history.maxAge == .seconds(7 * 86_400) && on.history.maxBytes == nil)
        let variable = ["DIRECTORY_SERVER_EVENTS_HISTORY_MAX_EVENTS": "5"]
        #expect(try settings(environment: variable).history.maxEvents == 5)
        for text in ["max_events: -1", "max_age: 7", "max_bytes: much", "events: 3"] {
            #expect(throws: SettingsError.self) {
                try settings("events:\n  history:\n    \(text)\n")
            }
        }
        #expect(throws: SettingsError.self) { try settings("events:\n  on_overflow: wait\n") }
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
        #expect(try settings(flags: meant).listenAddresses == ["0.0.0.0:80"])
        #expect(try settings(flags: ["listen_address": "[::1]:80"]).listenAddresses == ["[::1]:80"])
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

    @Test func `all faults are reported at once, each with its place`() throws {
        let path = NSTemporaryDirectory() + "settings-\(UUID().uuidString).yml"
        let file = """
            loops: [1]
            evnts:
              retry: 1s
            events:
              heartbeat: 5s
              retry: {a: 1}
              heartbeat_interval: fast
            cors:
              allowed_origins: [[https://a]]
            limits: 7
            """
        try file.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        do {
            let reader = try SettingsReader(
                file: path, flags: ["no.such": "1", "listen_address": "0.0.0.0:80"],
                environment: ["DIRECTORY_SERVER_LIMITS_BODY_BYTES": "1"])
            _ = try Settings(reader)
            Issue.record("the settings were accepted")
        } catch {
            let begins = [
                "there is no setting no.such",
                "\(path):2: there is no setting evnts;",
                "\(path):5: there is no setting events.heartbeat",
                "\(path):6: events.retry takes a value",
                "\(path):9: cors.allowed_origins must be a list of origins",
                "\(path):10: there is no setting limits",
                "\(path):1: loops must be a whole number",
                "\(path):7: events.heartbeat_interval is \"fast\", but must be",
                "DIRECTORY_SERVER_LIMITS_BODY_BYTES: limits.body_bytes is \"1\", but must be",
                "0.0.0.0:80 can be reached",
            ]
            #expect(error.faults.count == begins.count, "\(error)")
            for (fault, begin) in zip(error.faults, begins) {
                #expect(fault.hasPrefix(begin), "\(fault)")
            }
            #expect(error.description.hasPrefix("the settings have 10 faults:\n  there is"))
        }
    }

    @Test func `keys that only the upstream Directory has are warned of, and change nothing`()
        throws
    {
        let path = NSTemporaryDirectory() + "settings-\(UUID().uuidString).yml"
        let file = """
            store:
              oci: {registry_address: "127.0.0.1:5555", auth_config: {insecure: true}}
            routing:
              bootstrap_peers: [{a: [1]}]
            loops: 3
            """
        try file.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let reader = try SettingsReader(file: path, flags: [:], environment: [:])
        #expect(try Settings(reader).loops == 3)
        #expect(reader.ignoredKeys.map(\.name) == ["store", "routing"])
        #expect(reader.ignoredKeys.map(\.origin) == ["\(path):1", "\(path):3"])
    }

    @Test func `variables that are no settings are noticed`() throws {
        let reader = try SettingsReader(
            file: nil, flags: [:], environment: ["DIRECTORY_SERVER_LOPS": "1", "PATH": "/bin"])
        #expect(reader.unknownVariables == ["DIRECTORY_SERVER_LOPS"])
    }
}
