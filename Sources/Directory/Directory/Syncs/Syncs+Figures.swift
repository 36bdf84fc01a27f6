/// What metrics ask of the syncs.
extension Syncs {
    /// The number of syncs that run, and of those that wait for their turn.
    public var active: (running: Int, waiting: Int) { (running.count, waiting.count) }
}
