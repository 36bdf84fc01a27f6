internal import Text

/// The name of a client program, which many subscribers share. A reference, because each idle
/// subscriber costs memory.
final class UserAgent {
    let text: String

    init(_ text: String) { self.text = text }
}

/// The names of the client programs that subscribed last. Belongs to the hub's loop.
struct UserAgents {
    private var known: [ExactString: UserAgent] = [:]

    /// A client can send any name: more of them are not kept apart from their subscribers.
    private static let limit = 256

    /// Returns the shared name; nil for an empty one.
    mutating func shared(_ text: String) -> UserAgent? {
        guard !text.utf8.isEmpty else { return nil }
        let key = ExactString(text)
        if let agent = known[key] { return agent }
        if known.count >= Self.limit { known.removeAll() }
        let agent = UserAgent(text)
        known[key] = agent
        return agent
    }
}
