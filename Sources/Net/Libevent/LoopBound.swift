/// A reference to an object of a loop's thread. It can be carried to any thread; the object is
/// touched on the loop's thread only, and is not held.
@safe public final class LoopBound<Object: AnyObject>: Sendable {
    nonisolated(unsafe) private weak var object: Object?
    fileprivate let loop: EventLoop

    /// Refers to an object.
    public init(_ object: Object, on loop: EventLoop) {
        unsafe self.object = object
        self.loop = loop
    }

    /// Calls `body` with the object, if it still exists. On the loop's thread only; ends the process
    /// elsewhere.
    public func use(_ body: (Object) -> Void) {
        loop.checkIsolated()
        if let object = unsafe object { body(object) }
    }

    /// Calls `body` with the object in a later turn of the loop, if it still exists. From any thread.
    public func execute(_ body: @escaping @Sendable (Object) -> Void) {
        loop.execute { self.use(body) }
    }
}

extension LoopBound {
    /// Returns what `body` makes of the object in a later turn of the loop; nil if it does not exist
    /// any more. From any thread.
    public func value<T: Sendable>(_ body: @escaping @Sendable (Object) -> T) async -> T? {
        await withCheckedContinuation { (waiter: CheckedContinuation<T?, Never>) in
            loop.execute {
                var result: T?
                self.use { result = body($0) }
                waiter.resume(returning: result)
            }
        }
    }
}
