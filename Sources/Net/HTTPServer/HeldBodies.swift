internal import Frames

/// The large response bodies that the connections of one loop are sending. Each is counted once
/// against the budget of memory, however many connections send it.
///
/// Belongs to the loop's thread.
package final class HeldBodies {
    /// The smallest size in bytes. Smaller bodies are not worth the look-up: they are counted only
    /// while they wait to be sent.
    package static let leastCount = 16 << 10

    private struct Entry { unowned let body: HeldBody }

    let budget: MemoryBudget
    private var entries: [UInt: Entry] = [:]

    init(budget: MemoryBudget) { self.budget = budget }

    /// Holds `bytes` for one more connection.
    /// - Returns: nil when the budget has no room.
    package func hold(_ bytes: [UInt8]) -> HeldBody? {
        let key = unsafe bytes.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
        if let entry = entries[key] { return entry.body }
        guard budget.reserve(bytes.count) else { return nil }
        let body = HeldBody(bytes, key: key, owner: self)
        entries[key] = Entry(body: body)
        return body
    }

    fileprivate func forget(_ key: UInt) { entries[key] = nil }
}

/// One body and its reservation, until the last connection has sent it.
package final class HeldBody {
    // Held, so that no other array can get the address that is the key.
    private let bytes: [UInt8]
    private let key: UInt
    private let owner: HeldBodies

    fileprivate init(_ bytes: [UInt8], key: UInt, owner: HeldBodies) {
        self.bytes = bytes
        self.key = key
        self.owner = owner
    }

    package var count: Int { bytes.count }

    deinit {
        owner.budget.release(bytes.count)
        owner.forget(key)
    }
}
