/// Why the gateway does not start: an invalid setting, and the expected value.
public struct SettingsError: Error, CustomStringConvertible {
    /// The reason and the remedy.
    public let description: String

    init(_ description: String) { self.description = description }
}
