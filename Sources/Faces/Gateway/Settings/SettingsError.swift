/// Why the gateway does not start: a setting, and what was expected of it.
public struct SettingsError: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
