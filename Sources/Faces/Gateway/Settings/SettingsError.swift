/// Why the gateway does not start: every invalid setting, with the expected value.
public struct SettingsError: Error, CustomStringConvertible {
    /// The reasons, each with its remedy.
    public let faults: [String]

    /// The reason, or a list of all.
    public var description: String {
        guard faults.count != 1 else { return faults[0] }
        return (["the settings have \(faults.count) faults:"] + faults).joined(separator: "\n  ")
    }

    init(_ fault: String) { faults = [fault] }

    init(_ faults: [String]) { self.faults = faults }
}
