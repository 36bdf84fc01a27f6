internal import GRDB

extension Store {
    /// Checks all of a store that no gateway uses. Blocks the thread.
    /// - Parameter path: the data directory.
    /// - Returns: the damage; nil when there is none.
    /// - Throws: `DirectoryError.storeUnavailable` when there is no store, it belongs to another
    ///   program, or it is in use.
    public static func check(path: String) throws(DirectoryError) -> String? {
        let directory = try DataDirectory(path: path, mustExist: true)
        defer { directory.release() }
        let file = "\(path)/\(StoreFile.name)"
        if case .damaged(let reason) = try StoreFile.inspect(file, held: directory.heldStore) {
            return reason
        }
        do {
            let queue = try DatabaseQueue(path: file, configuration: StoreFile.readOnly)
            defer { try? queue.close() }
            return try StoreFile.check(queue, within: nil) ?? StoreFile.brokenReference(queue)
                ?? StoreFile.wrongRecords(queue)
        } catch {
            throw .storeUnavailable("\(file) cannot be opened: \(error)")
        }
    }
}
