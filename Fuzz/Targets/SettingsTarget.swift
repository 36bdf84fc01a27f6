import FoundationEssentials

@testable import Gateway

/// Checks that a settings file is either refused, with its name, or read whole: each setting has a
/// value of its kind.
func checkSettings(_ input: [UInt8]) throws {
    let path = "settings.yml"
    do {
        let file = try SettingsFile(path: path, data: Data(input))
        let reader = SettingsReader(file: file)
        let (settings, faults) = reader.read()
        try require(settings.count == SettingKey.all.count, "\(settings.count) settings")
        let isWhole = faults.isEmpty
        for setting in settings where isWhole && file.entries[setting.key.name] != nil {
            try require(setting.origin.hasPrefix(path), "\(setting.key.name): \(setting.origin)")
        }
        try require(
            faults.allSatisfy { $0.hasPrefix(path + ":") }, "a fault without its place: \(faults)")
        _ = try Settings(reader)
    } catch let error as SettingsError {
        try require(!error.faults.isEmpty, "refused without a reason")
    }
}
