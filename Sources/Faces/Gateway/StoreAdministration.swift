internal import Directory

/// What an operator does with a store beside the gateway. Every call blocks the thread, and throws
/// an error with a remedy.
public enum StoreAdministration {
    /// Checks the whole store of a stopped gateway.
    /// - Parameter directory: the data directory.
    /// - Returns: the damage; nil when there is none.
    public static func check(_ directory: String) throws -> String? {
        try Store.check(path: directory)
    }

    /// Copies a store to a file, also while a gateway uses it. The copy is checked, and is complete
    /// when it appears.
    /// - Parameters:
    ///   - directory: the data directory.
    ///   - file: the copy; an older one is replaced.
    public static func backup(_ directory: String, to file: String) throws {
        try Store.backup(path: directory, to: file)
    }

    /// Puts a copy in the place of the store of a stopped gateway.
    /// - Parameters:
    ///   - directory: the data directory.
    ///   - file: the copy; it stays as it is.
    /// - Returns: the file of the store that was there; nil when there was none.
    public static func restore(_ directory: String, from file: String) throws -> String? {
        try Store.restore(path: directory, from: file, at: wallClock() / 1_000_000)
    }
}
