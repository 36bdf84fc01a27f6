internal import ArgumentParser
internal import FoundationEssentials
internal import Gateway

/// The flags for settings.
struct SettingsOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: "A settings file. Default: \(SettingsReader.defaultPath), if it exists.")
    var config: String?

    @Option(
        help: "The addresses to listen on, such as 127.0.0.1:8080; port 0 lets the system choose.")
    var listenAddress: String?

    @Option(help: "The directory of the store.")
    var dataDir: String?

    @Option(help: "trace, debug, info, warning or error.")
    var logLevel: String?

    @Option(help: "text or json.")
    var logFormat: String?

    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp(
            "Any setting, by its key, such as events.heartbeat_interval=5s.", valueName: "key=value"
        ))
    var set: [String] = []

    /// Reads flags, environment and file.
    /// - Parameter overrides: settings that come before all of these, by key.
    func reader(overrides: [String: String] = [:]) throws -> SettingsReader {
        var flags: [String: String] = [:]
        for pair in set {
            guard let equals = pair.firstIndex(of: "=") else {
                throw ValidationError("--set needs key=value, not '\(pair)'")
            }
            flags[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
        }
        flags["listen_address"] = listenAddress ?? flags["listen_address"]
        flags["data_dir"] = dataDir ?? flags["data_dir"]
        flags["log.level"] = logLevel ?? flags["log.level"]
        flags["log.format"] = logFormat ?? flags["log.format"]
        flags.merge(overrides) { $1 }
        return try SettingsReader(
            file: config, flags: flags, environment: ProcessInfo.processInfo.environment)
    }
}
