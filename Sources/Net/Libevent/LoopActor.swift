/// An actor pinned to a loop: what belongs to it is touched on the loop's thread only.
public protocol LoopActor: Actor {
    /// The loop the actor runs on.
    nonisolated var loop: EventLoop { get }
}

extension LoopActor {
    /// The loop, as the executor of the actor.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.asUnownedSerialExecutor()
    }
}
