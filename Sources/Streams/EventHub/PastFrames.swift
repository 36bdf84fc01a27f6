internal import Events
internal import Frames

/// The frames of the events that were read from the log last: a crowd that comes back reads the same
/// events at about the same time, and each event is encoded once for all. Belongs to the hub's loop.
struct PastFrames {
    private struct Entry {
        let id: EventID
        let frame: Frame
    }

    /// How many frames are kept of each encoding, a power of two.
    private static let limit = 1024
    /// Longer frames are not kept, bytes: so all together are a few megabytes at most.
    private static let longest = 4 << 10

    /// For each encoding, an entry for each place modulo `limit`.
    private var entries: [EventEncoding: [Entry?]] = [:]

    /// Returns the frame of an event.
    /// - Parameter budget: is charged for as long as the frame lives.
    mutating func frame(
        _ logged: LoggedEvent, as encoding: EventEncoding, budget: MemoryBudget?
    ) -> Frame {
        let (event, position) = (logged.event, logged.place.position)
        let slot = Int(truncatingIfNeeded: position) & (Self.limit - 1)
        if let entry = entries[encoding]?[slot], entry.frame.position == position,
            entry.id == event.id
        {
            return entry.frame
        }
        let json = encoding.isGRPC ? [] : event.json()
        let frame = encoding.frame(event, json: json, place: logged.place, budget: budget)
        if frame.count(.plain) <= Self.longest {
            let empty = [Entry?](repeating: nil, count: Self.limit)
            entries[encoding, default: empty][slot] = Entry(id: event.id, frame: frame)
        }
        return frame
    }

    /// Forgets all frames.
    mutating func removeAll() { entries = [:] }
}
