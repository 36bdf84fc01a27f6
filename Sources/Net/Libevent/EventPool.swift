internal import CLibevent

/// The memory of the events of a loop's sockets, in blocks: each idle subscriber has one, and an
/// allocation of its own would cost an eighth more. What was given back is used again, and released
/// with the loop. Belongs to the loop's thread.
@safe final class EventPool {
    /// The events of a block, which are a page together.
    private static let blockCount = 32

    private var blocks: [UnsafeMutablePointer<event>] = unsafe []
    private var free: [UnsafeMutablePointer<event>] = unsafe []

    deinit { unsafe blocks.forEach { unsafe $0.deallocate() } }

    /// Returns memory for one event, which libevent must initialize.
    func take() -> UnsafeMutablePointer<event> {
        if let event = unsafe free.popLast() { return unsafe event }
        let block = UnsafeMutablePointer<event>.allocate(capacity: Self.blockCount)
        unsafe blocks.append(block)
        for index in 1..<Self.blockCount { unsafe free.append(block + index) }
        return unsafe block
    }

    /// Takes back an event that libevent does not know any more.
    func giveBack(_ event: UnsafeMutablePointer<event>) { unsafe free.append(event) }
}
